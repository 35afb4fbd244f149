import { maxPayloadBytes, retryRequest } from '../../core/api.ts';
import { type Change, type ChangeResult, type JobStore, leftBy } from '../../core/change.ts';
import type { JobContract } from '../../core/define.ts';
import { check } from '../../core/faults.ts';
import { laneOf } from '../../core/lane.ts';
import { askCancelChange, cancelChange, reopenChange } from '../../core/manage.ts';
import { placePayload } from '../../core/placement.ts';
import { type Checked, type Problem, problem } from '../../core/problem.ts';
import { checkPayload, tooLarge } from '../../core/request.ts';
import { isWaiting } from '../../core/state.ts';
import type { JobRecord, Stored } from '../../core/table.ts';
import { viewOf } from '../../core/view.ts';
import { type ApiAnswer, type ApiRequest, readBody } from '../http.ts';
import type { Lanes } from '../lanes.ts';
import type { Vault } from '../vault.ts';
import { expired, findJob } from './read.ts';

export interface ChangeDeps {
  store: JobStore;
  lanes: Lanes;
  vault: Vault;
  contractOf: (type: string) => JobContract | undefined;
  now: () => number;
  onError: (message: string, error: unknown) => void;
}

/** POST …/retry: record first, with an entry that `release` watches, then the pointer. */
export async function retryJob(deps: ChangeDeps, request: ApiRequest): Promise<ApiAnswer> {
  const edited = readRetry(request);
  if (!edited.ok) return edited;
  const found = await findJob(deps.store, request);
  if ('problem' in found) return found;
  const { record } = found;
  if (record.status !== 'failed' && record.status !== 'cancelled')
    return { problem: notFrom(record, 'retried', 'failed or cancelled') };
  const payload = await payloadFor(deps, record, request, edited.value);
  if (!payload.ok) return payload;

  const change = reopenChange(record, payload.value, deps.now());
  const [result] = await deps.store.change([change]);
  if (result === undefined || 'retry' in result) return { problem: throttled };
  const reopened = leftBy(change, result);
  if (reopened === undefined) return { problem: overtaken(result, 'retried', 'failed or cancelled') };
  // The job is accepted already: a pointer that cannot be sent now is sent by `release` within two minutes.
  const { queue, priority } = reopened;
  await deps.lanes
    .deliver([
      {
        queue,
        lane: laneOf(priority),
        pointer: { tenant: request.tenant, jobId: request.id },
        delaySeconds: 0,
      },
    ])
    .catch((error: unknown) =>
      deps.onError('the pointer of a retried job could not be sent: release will', error),
    );
  return { status: 200, body: viewOf(reopened) };
}

function readRetry(request: ApiRequest): Checked<unknown> {
  if (request.body.trim() === '') return { ok: true, value: undefined };
  const body = readBody(request.body);
  if (!body.ok) return body;
  const shape = check(
    retryRequest,
    body.value,
    'invalid_request',
    'the retry is not as the API describes it',
  );
  return shape.ok ? { ok: true, value: shape.value.payload } : shape;
}

/** The edited payload, checked, sealed and stored; or proof that the old one is still there. */
async function payloadFor(
  { vault, contractOf }: ChangeDeps,
  record: JobRecord,
  { tenant, id }: ApiRequest,
  edited: unknown,
): Promise<Checked<Stored | undefined>> {
  const as = { tenant, jobId: id, field: 'payload' } as const;
  if (edited === undefined) {
    const gone = 'at' in record.payload && (await vault.open(record.payload, as)) === undefined;
    return gone ? { ok: false, problem: expired } : { ok: true, value: undefined };
  }
  const plain = Buffer.from(JSON.stringify(edited));
  if (plain.length > maxPayloadBytes) return { ok: false, problem: tooLarge(plain.length) };
  const contract = contractOf(record.type);
  if (contract === undefined)
    return {
      ok: false,
      problem: problem('unknown_type', `there is no job type "${record.type}" in this release`),
    };
  const fits = checkPayload(contract, edited);
  if (!fits.ok) return fits;
  const sealed = await vault.seal(plain, as);
  const place = placePayload({ ...record, payload: sealed }, sealed);
  return { ok: true, value: place === 'record' ? sealed : await vault.putElsewhere(sealed, as, place) };
}

/** Times a cancel is decided anew because the job moved on meanwhile. */
const cancelTries = 5;

/**
 * POST …/cancel. A job that waits is cancelled at once: its pointer finds a final record and is dropped. Of one
 * that runs its holder is asked, who reads the record within seconds; 202, and the same for a second time.
 */
export async function cancelJob({ store, now }: ChangeDeps, request: ApiRequest): Promise<ApiAnswer> {
  if (request.body.trim() !== '') {
    return {
      problem: problem('invalid_request', 'a cancel has no body', {
        details: [{ path: '', message: 'must be empty' }],
      }),
    };
  }
  const found = await findJob(store, request);
  if ('problem' in found) return found;
  let { record } = found;
  for (let tries = 0; tries < cancelTries; tries++) {
    if (record.status === 'running' && record.cancelRequestedAt !== undefined)
      return { status: 202, body: viewOf(record) };
    const change = cancelOf(record, now());
    if (change === undefined)
      return { problem: notFrom(record, 'cancelled', 'scheduled, pending, retrying or running') };
    const [result] = await store.change([change]);
    if (result === undefined || 'retry' in result) break;
    const left = leftBy(change, result);
    if (left !== undefined) return { status: left.status === 'running' ? 202 : 200, body: viewOf(left) };
    if (result.applied || result.found === undefined) return { problem: expired };
    record = result.found;
  }
  return { problem: throttled };
}

/** Undefined for a job that cannot be cancelled. */
function cancelOf(record: JobRecord, now: number): Change | undefined {
  if (isWaiting(record.status)) return cancelChange(record, now);
  return record.status === 'running' ? askCancelChange(record, now) : undefined;
}

/** Something else was written between the read and the write. */
function overtaken(result: ChangeResult, verb: string, allowed: string): Problem {
  return 'found' in result && result.found !== undefined ? notFrom(result.found, verb, allowed) : expired;
}

function notFrom(record: JobRecord, verb: string, allowed: string): Problem {
  return problem(
    'invalid_transition',
    `the job is ${record.status}; only a job that is ${allowed} can be ${verb}`,
  );
}

export const throttled = problem('unavailable', 'DynamoDB is throttling; repeat the request', {
  retryAfterSeconds: 1,
});

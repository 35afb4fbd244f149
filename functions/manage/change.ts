import { retryRequest } from '../../core/api.ts';
import { leftBy } from '../../core/change.ts';
import { check } from '../../core/faults.ts';
import { cancelOf } from '../../core/manage.ts';
import { type Checked, type Problem, problem } from '../../core/problem.ts';
import { transitions } from '../../core/state.ts';
import type { JobRecord } from '../../core/table.ts';
import { viewOf } from '../../core/view.ts';
import { type ApiAnswer, type ApiRequest, readBody } from '../http.ts';
import { expired, payloadFor, type ReopenDeps, reopen } from '../reopen.ts';
import { findJob } from './read.ts';

export type ChangeDeps = ReopenDeps;

/** POST …/retry: record first, with an entry that `release` watches, then the pointer. */
export async function retryJob(deps: ChangeDeps, request: ApiRequest): Promise<ApiAnswer> {
  const edited = readRetry(request);
  if (!edited.ok) return edited;
  const found = await findJob(deps.store, request);
  if ('problem' in found) return found;
  const { record } = found;
  if (record.status !== 'failed' && record.status !== 'cancelled')
    return { problem: notFrom(record, 'retried', 'failed or cancelled') };
  const payload = await payloadFor(deps, record, edited.value);
  if (!payload.ok) return payload;
  const [reopened] = await reopen(deps, [{ found: record, payload: payload.value }], deps.now());
  if (reopened === undefined || 'retry' in reopened) return { problem: throttled };
  if ('record' in reopened) return { status: 200, body: viewOf(reopened.record) };
  return { problem: overtaken(reopened.found, 'retried', 'failed or cancelled') };
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

const { cancel, cancel_running: cancelRunning } = transitions;
/** `scheduled, pending … or running` */
const cancellable = `${cancel.from.join(', ')} or ${cancelRunning.from.join(', ')}`;

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
    if (change === undefined) return { problem: notFrom(record, 'cancelled', cancellable) };
    const [result] = await store.change([change]);
    if (result === undefined || 'retry' in result) break;
    const left = leftBy(change, result);
    if (left !== undefined) return { status: left.status === 'running' ? 202 : 200, body: viewOf(left) };
    if (result.applied || result.found === undefined) return { problem: expired };
    record = result.found;
  }
  return { problem: throttled };
}

/** Something else was written between the read and the write. */
function overtaken(found: JobRecord | undefined, verb: string, allowed: string): Problem {
  return found === undefined ? expired : notFrom(found, verb, allowed);
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

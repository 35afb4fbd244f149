import { maxPayloadBytes } from '../core/api.ts';
import { type ChangeResult, type JobStore, leftBy } from '../core/change.ts';
import type { JobContract } from '../core/define.ts';
import { laneOf } from '../core/lane.ts';
import { reopenChange } from '../core/manage.ts';
import { placePayload } from '../core/placement.ts';
import { type Checked, problem } from '../core/problem.ts';
import { checkPayload, tooLarge } from '../core/request.ts';
import { type JobRecord, type Stored, tenantOf } from '../core/table.ts';
import type { Lanes } from './lanes.ts';
import type { Vault } from './vault.ts';

export interface ReopenDeps {
  store: JobStore;
  lanes: Lanes;
  vault: Vault;
  contractOf: (type: string) => JobContract | undefined;
  now: () => number;
  onError: (message: string, error: unknown) => void;
}

/** The rules of a person's retry, for one job as for many. */

/** The edited payload, checked, sealed and stored; without one, undefined as proof that the old one is still there. */
export async function payloadFor(
  { vault, contractOf }: Pick<ReopenDeps, 'vault' | 'contractOf'>,
  record: JobRecord,
  edited: unknown,
): Promise<Checked<Stored | undefined>> {
  if (record.workflow !== undefined)
    return {
      ok: false,
      problem: problem(
        'invalid_transition',
        `the job belongs to workflow "${record.workflow.split('#')[0]}", which has gone on by its end; retry the workflow`,
      ),
    };
  const as = { tenant: tenantOf(record), jobId: record.sk, field: 'payload' } as const;
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

export const expired = problem('payload_expired', 'the payload is no longer stored; enqueue the job anew');

/** What became of a retry: the record as it is now, or what stood in its way. */
export type Reopened = { record: JobRecord } | Exclude<ChangeResult, { applied: true }>;

/** failed | cancelled → pending: records first, each with an entry that `release` watches, then the pointers. */
export async function reopen(
  { store, lanes, now, onError }: ReopenDeps,
  jobs: readonly { found: JobRecord; payload: Stored | undefined }[],
): Promise<Reopened[]> {
  const at = now();
  const changes = jobs.map(({ found, payload }) => reopenChange(found, payload, at));
  const results = await store.change(changes);
  const reopened = changes.map((change, index): Reopened => {
    const result: ChangeResult = results[index] ?? { applied: false, retry: true };
    const record = leftBy(change, result);
    if (record !== undefined) return { record };
    return result.applied ? { applied: false, found: undefined } : result;
  });
  const deliveries = reopened.flatMap((each) => ('record' in each ? [pointerTo(each.record)] : []));
  // The jobs are accepted already: a pointer that cannot be sent now is sent by `release` within two minutes.
  await lanes
    .deliver(deliveries)
    .catch((error: unknown) => onError('pointers of retried jobs could not be sent: release will', error));
  return reopened;
}

function pointerTo(record: JobRecord) {
  const pointer = { tenant: tenantOf(record), jobId: record.sk };
  return { queue: record.queue, lane: laneOf(record.priority), pointer, delaySeconds: 0 };
}

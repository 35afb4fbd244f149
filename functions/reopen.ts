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
  if (edited === undefined) {
    const as = { tenant: tenantOf(record), jobId: record.sk, field: 'payload' } as const;
    const gone = 'at' in record.payload && (await vault.open(record.payload, as)) === undefined;
    return gone ? { ok: false, problem: expired } : { ok: true, value: undefined };
  }
  const checked = checkEdited(contractOf, record, edited);
  return checked.ok ? { ok: true, value: await storePayload(vault, record, checked.value) } : checked;
}

/** An edited payload as JSON, if a job of this type may have it. */
export function checkEdited(
  contractOf: ReopenDeps['contractOf'],
  { type }: JobRecord,
  edited: unknown,
): Checked<Buffer> {
  const plain = Buffer.from(JSON.stringify(edited));
  if (plain.length > maxPayloadBytes) return { ok: false, problem: tooLarge(plain.length) };
  const contract = contractOf(type);
  if (contract === undefined)
    return { ok: false, problem: problem('unknown_type', `there is no job type "${type}" in this release`) };
  const fits = checkPayload(contract, edited);
  return fits.ok ? { ok: true, value: plain } : fits;
}

/** Seals an edited payload and stores what the record does not carry. */
export async function storePayload(vault: Vault, record: JobRecord, plain: Uint8Array): Promise<Stored> {
  const as = { tenant: tenantOf(record), jobId: record.sk, field: 'payload' } as const;
  const sealed = await vault.seal(plain, as);
  const place = placePayload({ ...record, payload: sealed }, sealed);
  return place === 'record' ? sealed : vault.putElsewhere(sealed, as, place);
}

export const expired = problem('payload_expired', 'the payload is no longer stored; enqueue the job anew');

/** What became of a retry: the record as it is now, or what stood in its way. */
export type Reopened = { record: JobRecord } | Exclude<ChangeResult, { applied: true }>;

/**
 * failed | cancelled → pending: records first, each with an entry that `release` watches, then the pointers.
 * @param at ms since the epoch. With the time of an earlier try it is the same change, known as its own where that try was carried out
 */
export async function reopen(
  { store, lanes, onError }: Pick<ReopenDeps, 'store' | 'lanes' | 'onError'>,
  jobs: readonly { found: JobRecord; payload: Stored | undefined }[],
  at: number,
): Promise<Reopened[]> {
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

import type { DryRunResponse, RetryMany, SkipReason } from '../../core/many.ts';
import { skipReasons } from '../../core/many.ts';
import { mergePatch } from '../../core/merge-patch.ts';
import type { Fault } from '../../core/problem.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import { Unopenable } from '../keys.ts';
import { checkEdited, type ReopenDeps } from '../reopen.ts';

/** Why a job cannot be retried so; where its patched payload does not fit, the places at fault. */
export interface Misfit {
  reason: SkipReason;
  details?: Fault[];
}

/**
 * The payload that a retry gives a job, checked and not yet stored: absent where it keeps its own, which is there.
 * Rejects when it is unknown, because KMS or a store does not answer.
 */
export async function retriedPayload(
  { vault, contractOf }: Pick<ReopenDeps, 'vault' | 'contractOf'>,
  record: JobRecord,
  patch: RetryMany['patch'],
): Promise<{ plain?: Uint8Array } | Misfit> {
  // Its workflow has gone on by its end: it is retried with the workflow.
  if (record.workflow !== undefined) return { reason: 'in_workflow' };
  // What lies in its record is there.
  if (patch === undefined && !('at' in record.payload)) return {};
  try {
    const as = { tenant: tenantOf(record), jobId: record.sk, field: 'payload' } as const;
    const payload = await vault.open(record.payload, as);
    if (payload === undefined) return { reason: 'payload_expired' };
    if (patch === undefined) return {};
    const checked = checkEdited(contractOf, record, mergePatch(payload, patch));
    if (checked.ok) return { plain: checked.value };
    const { code, details } = checked.problem;
    return { reason: reasonOf(code), ...(details === undefined ? {} : { details }) };
  } catch (error) {
    if (error instanceof Unopenable) return { reason: 'payload_unopenable' };
    throw error;
  }
}

/** What the patch would do to some jobs: those that it would not let retry. Nothing is written. */
export async function tryPatch(
  deps: Pick<ReopenDeps, 'vault' | 'contractOf'>,
  records: readonly JobRecord[],
  patch: RetryMany['patch'],
): Promise<NonNullable<DryRunResponse['patch']>> {
  const tried = await Promise.all(
    records.map(async (each) => ({ job_id: each.sk, ...(await retriedPayload(deps, each, patch)) })),
  );
  return { tried: tried.length, misfits: tried.filter((each) => 'reason' in each) };
}

function reasonOf(code: string): SkipReason {
  return skipReasons.find((each) => each === code) ?? 'changed';
}

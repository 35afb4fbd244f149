import type { DueDecision } from '../../core/attention.ts';
import { type Change, type ChangeResult, leftBy } from '../../core/change.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import type { Counts } from '../../core/telemetry.ts';
import type { Delivery, Lanes } from '../lanes.ts';

export type Send = Extract<DueDecision, { do: 'send' }>;

/**
 * Sends the pointers of records whose entries are written: what SQS does not take now is sent again when
 * they are due. Each is counted by its reason.
 * @returns how many were taken
 */
export async function sendPointers(
  lanes: Pick<Lanes, 'deliver'>,
  sends: readonly { record: JobRecord; decision: Send }[],
  counts: Counts,
): Promise<number> {
  const taken = await lanes.deliver(
    sends.map(
      ({ record, decision }): Delivery => ({
        queue: record.queue,
        lane: decision.lane,
        pointer: { tenant: tenantOf(record), jobId: record.sk },
        delaySeconds: decision.delaySeconds,
      }),
    ),
  );
  for (const [index, { decision }] of sends.entries())
    if (taken[index]) counts[decision.why] = (counts[decision.why] ?? 0) + 1;
  return taken.filter(Boolean).length;
}

/** Nobody reads the records that these changes leave: a kilobyte of answer each. */
export function unread(change: Change): Change {
  return { ...change, unread: true };
}

/** Did this very change leave the record so, also when its answer was lost and a repeat was refused. */
export function stands(change: Change, result: ChangeResult | undefined): boolean {
  return result !== undefined && (result.applied || leftBy(change, result) !== undefined);
}

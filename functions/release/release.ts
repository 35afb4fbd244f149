import { type DueDecision, judgeDue } from '../../core/attention.ts';
import { type Change, type ChangeResult, type JobStore, leftBy } from '../../core/change.ts';
import { laneOf } from '../../core/lane.ts';
import { dueChange } from '../../core/release.ts';
import { duePartitionName, duePartitions, type JobRecord, tenantOf } from '../../core/table.ts';
import type { Delivery, Lanes } from '../lanes.ts';

export interface ReleaseDeps {
  store: JobStore;
  lanes: Lanes;
  now: () => number;
  onError: (message: string, error: unknown) => void;
}

/** Entries of one partition that are taken at a time. */
const page = 100;
/** Partitions that are read at the same time. */
const atOnce = 8;

/**
 * Brings back what is due: reads the due half of the attention index, judges each record, puts its entry
 * off and then sends its pointer. Two releases at once are harmless: the write that puts an entry off is
 * conditional on the entry that was read, and only its winner sends.
 * @param remainingMs until the function ends; what is not reached now is reached a minute later
 * @returns how many pointers were sent
 */
export function release(deps: ReleaseDeps) {
  return async (remainingMs: () => number): Promise<{ released: number; unfinished: number }> => {
    const partitions = Array.from({ length: duePartitions }, (_, index) => duePartitionName(index));
    let released = 0;
    let unfinished = 0;
    const worker = async (): Promise<void> => {
      for (let partition = partitions.shift(); partition !== undefined; partition = partitions.shift()) {
        if (remainingMs() < 5_000) {
          unfinished++;
          continue;
        }
        // Not `released += await …`: that reads the sum before the others have added to it.
        const sent = await releasePartition(deps, partition, remainingMs).catch((error: unknown) => {
          // One partition's trouble is not the others': its entries are due again in a minute.
          deps.onError('a partition of the attention index could not be released', error);
          unfinished++;
          return 0;
        });
        released += sent;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return { released, unfinished };
  };
}

async function releasePartition(
  { store, lanes, now }: ReleaseDeps,
  partition: string,
  remainingMs: () => number,
): Promise<number> {
  let released = 0;
  while (remainingMs() >= 5_000) {
    const keys = await store.attention({ partition, until: now(), limit: page });
    // The index lags behind the table: the record decides.
    const records = (await store.get(keys)).filter(
      (each): each is JobRecord =>
        each?.attention === partition && (each.attentionAt ?? Number.POSITIVE_INFINITY) <= now(),
    );
    const judged = records.map((record) => ({ record, decision: judgeDue(record, now()) }));
    const changes = judged.map(({ record, decision }) => dueChange(record, decision));
    const results = await store.change(changes);
    const sending = judged.filter((_, index) => isLeft(changes[index], results[index]));
    const deliveries = sending.flatMap(({ record, decision }) => deliveryOf(record, decision));
    const sent = await lanes.deliver(deliveries);
    released += sent.filter(Boolean).length;
    // A full page of which nothing changed is the index lagging, or another release at work.
    if (keys.length < page || sending.length === 0) return released;
  }
  return released;
}

/** Did this very change leave the record so, also when its answer was lost and a repeat was refused. */
function isLeft(change: Change | undefined, result: ChangeResult | undefined): boolean {
  return change !== undefined && result !== undefined && leftBy(change, result) !== undefined;
}

function deliveryOf(record: JobRecord, decision: DueDecision): Delivery[] {
  if (decision.do !== 'send') return [];
  return [
    {
      queue: record.queue,
      lane: decision.quarantine ? 'quarantine' : laneOf(record.priority),
      pointer: { tenant: tenantOf(record), jobId: record.sk },
      delaySeconds: decision.delaySeconds,
    },
  ];
}

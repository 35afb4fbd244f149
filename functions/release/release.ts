import { judgeDue } from '../../core/attention.ts';
import type { AttentionEntry, ChangeResult, JobStore } from '../../core/change.ts';
import { dueChange, type Part, partitionsOf } from '../../core/release.ts';
import type { JobRecord } from '../../core/table.ts';
import type { Counts } from '../../core/telemetry.ts';
import type { LaneDepth, Lanes } from '../lanes.ts';
import { type KnownDepths, knownDepths } from './depths.ts';
import { type Send, sendPointers, stands, unread } from './handover.ts';

export interface ReleaseDeps {
  store: Pick<JobStore, 'attention' | 'get' | 'change'>;
  lanes: Pick<Lanes, 'deliver'>;
  depth: LaneDepth;
  now: () => number;
  onError: (message: string, error: unknown) => void;
}

/** Entries of one partition that are taken at a time: what one BatchGetItem reads. */
const page = 100;
/** Changes that share a call (BatchExecuteStatement); the calls of a page go at the same time. */
const writtenTogether = 25;
/** Partitions that are released at the same time. */
const atOnce = 8;
/** Room to bring a page to its end. */
const roomMs = 5_000;

interface Run extends ReleaseDeps {
  depths: KnownDepths;
  counts: Counts;
  remainingMs: () => number;
}

/**
 * Brings back what is due: reads its part of the due half of the attention index, judges each record, puts
 * its entry off and then sends its pointer. Two releases at once are harmless: the write that puts an entry
 * off is conditional on the entry that was read, and only its winner sends.
 * @param remainingMs until the function ends; what is not reached now is reached a minute later
 * @returns how many pointers were sent, and how many partitions have more that is due
 */
export function release(deps: ReleaseDeps) {
  return async (
    remainingMs: () => number,
    counts: Counts,
    part: Part = { part: 0, parts: 1 },
  ): Promise<{ sent: number; unfinished: number }> => {
    const run: Run = { ...deps, depths: knownDepths(deps.depth, deps.onError), counts, remainingMs };
    const partitions = partitionsOf(part, deps.now());
    let sent = 0;
    let unfinished = 0;
    const worker = async (): Promise<void> => {
      for (let partition = partitions.shift(); partition !== undefined; partition = partitions.shift()) {
        // Not `sent += await …`: that reads the sum before the others have added to it.
        const ended = await releasePartition(run, partition, (count) => {
          sent += count;
        }).catch((error: unknown) => {
          // One partition's trouble is not the others': its entries are due again in a minute.
          deps.onError('a partition of the attention index could not be released', error);
          return false;
        });
        if (!ended) unfinished++;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    counts.unfinished = unfinished;
    return { sent, unfinished };
  };
}

/** Page by page, the next one read while this one is written. False where time ran out before the end. */
async function releasePartition(
  run: Run,
  partition: string,
  onSent: (count: number) => void,
): Promise<boolean> {
  const until = run.now();
  const read = async (after?: AttentionEntry) => {
    const query = { partition, until, limit: page };
    const entries = await run.store.attention(after === undefined ? query : { ...query, after });
    // The index lags behind the table: the record decides.
    const records = (await run.store.get(entries)).filter(
      (each): each is JobRecord =>
        each?.attention === partition && (each.attentionAt ?? Number.POSITIVE_INFINITY) <= until,
    );
    return { records, last: entries.length < page ? undefined : entries.at(-1) };
  };
  if (run.remainingMs() < roomMs) return false;
  let whole = true;
  for (let reading = read(); ; ) {
    const { records, last } = await reading;
    const more = last !== undefined && run.remainingMs() >= roomMs;
    if (more) {
      reading = read(last);
      // Heard when it is awaited; until then it is nobody's.
      reading.catch(() => {});
    }
    const released = await releaseRecords(run, records);
    onSent(released.sent);
    whole &&= released.whole;
    if (!more) return whole && last === undefined;
  }
}

/** Throws where no call was answered. `whole`: each was; else some entries are due still. */
async function releaseRecords(
  run: Run,
  records: readonly JobRecord[],
): Promise<{ sent: number; whole: boolean }> {
  const { store, lanes, now, depths, counts, onError } = run;
  await depths.ask(records, now());
  const judged = records.map((record) => {
    const decision = judgeDue(record, now(), depths.of);
    if (decision.do === 'send' && decision.why === 'aged') depths.add(record.queue, decision.lane);
    return { record, decision, change: unread(dueChange(record, decision)) };
  });
  const chunks = Array.from({ length: Math.ceil(judged.length / writtenTogether) }, (_, index) =>
    judged.slice(index * writtenTogether, (index + 1) * writtenTogether),
  );
  const calls = await Promise.allSettled(
    chunks.map((chunk) => store.change(chunk.map(({ change }) => change))),
  );
  const failed = calls.filter((each) => each.status === 'rejected');
  if (failed.length > 0 && failed.length === calls.length) throw failed[0]?.reason;
  for (const { reason } of failed)
    onError('some entries of the attention index could not be put off: they are due still', reason);
  const results = calls.flatMap((call, index): (ChangeResult | undefined)[] =>
    call.status === 'fulfilled' ? call.value : (chunks[index] ?? []).map(() => undefined),
  );
  const left = judged.filter(({ change }, index) => stands(change, results[index]));
  const sent = await sendPointers(
    lanes,
    left.filter((each): each is typeof each & { decision: Send } => each.decision.do === 'send'),
    counts,
  );
  return { sent, whole: failed.length === 0 };
}

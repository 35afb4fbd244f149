import type { Change, ChangeResult, FailedEntry, FailedQuery, InsertResult } from '../../core/change.ts';
import { idFloor } from '../../core/id.ts';
import { isFinal } from '../../core/state.ts';
import type { JobRecord, RecordKey } from '../../core/table.ts';
import { changed, copy, holds } from '../support/rows.ts';
import type { How, Process } from './process.ts';

/** A write that was applied: what stood before and after, by whom, and how it came about. */
export interface Written {
  before: JobRecord | undefined;
  after: JobRecord;
  change?: Change;
  by: Process;
  how: How;
}

/** The jobs table: rows as those of the in-memory store that passes the contract suite, each row's write atomic. */
export interface SimulatedTable {
  insert: (records: readonly JobRecord[], by: Process, how: How) => InsertResult[];
  change: (changes: readonly Change[], by: Process, how: How) => ChangeResult[];
  get: (keys: readonly RecordKey[]) => (JobRecord | undefined)[];
  /** The index as it was so many ms ago. */
  attention: (query: IndexQuery, staleMs: number) => IndexEntry[];
  /** The same, of failed jobs. */
  failed: (query: FailedQuery, staleMs: number) => FailedEntry[];
  /** Records of one partition as they were so many ms ago, newest first. */
  newest: (
    query: { pk: string; before: string; after: string; limit: number },
    staleMs: number,
  ) => JobRecord[];
  /** Open records of one partition without an entry, oldest first, and how many records there were. */
  unwatched: (query: { pk: string; after: string; before: string }) => {
    records: JobRecord[];
    looked: number;
  };
  /** Is any open record without an entry minted before then. */
  anyUnwatched: (mintedBefore: number) => boolean;
  /** Is any entry due by then. */
  anyDue: (until: number) => boolean;
  /** Not a copy: to be looked at only. */
  peek: (jobId: string) => JobRecord | undefined;
  all: () => JobRecord[];
  /** When a record was last written. */
  writtenAt: (jobId: string) => number;
}

export interface IndexEntry extends RecordKey {
  attentionAt: number;
}

interface IndexQuery {
  partition: string;
  until: number;
  limit: number;
  after?: IndexEntry;
}

interface Row {
  record: JobRecord;
  writtenAt: number;
  /** As it was until then: a stale read may still find it. */
  earlier?: JobRecord;
  /** Where the index had it, from when on; the last is what holds now. */
  indexed: { from: number; partition?: string; at: number }[];
}

export function simulateTable(now: () => number, onWrite: (written: Written) => void): SimulatedTable {
  const rows = new Map<string, Row>();
  /** Rows that ever were in a partition of the index. */
  const everIn = new Map<string, Set<Row>>();

  const put = (row: Row | undefined, record: JobRecord): void => {
    const { attention, attentionAt = 0 } = record;
    const target: Row = row ?? { record, writtenAt: 0, indexed: [{ from: 0, at: 0 }] };
    if (row === undefined) rows.set(record.sk, target);
    else target.earlier = target.record;
    target.record = record;
    target.writtenAt = now();
    const last = target.indexed.at(-1);
    if (last?.partition === attention && last?.at === attentionAt) return;
    target.indexed.push({
      from: now(),
      ...(attention === undefined ? {} : { partition: attention }),
      at: attentionAt,
    });
    if (attention === undefined) return;
    const others = everIn.get(attention);
    if (others === undefined) everIn.set(attention, new Set([target]));
    else others.add(target);
  };

  const throttled = (by: Process, jobId: string): boolean => {
    const struck = by.strikes('throttled');
    if (struck) by.trouble([jobId]);
    return struck;
  };

  /** What an index partition held so many ms ago, of a span of its times, in order and beyond an entry. */
  const indexed = (
    { partition, after }: { partition: string; after?: Pick<IndexEntry, 'sk' | 'attentionAt'> },
    staleMs: number,
    isIn: (attentionAt: number) => boolean,
  ): IndexEntry[] => {
    const time = now() - staleMs;
    const found: IndexEntry[] = [];
    for (const { record, indexed: places } of everIn.get(partition) ?? []) {
      const seen = places.findLast((each) => each.from <= time);
      if (seen?.partition === partition && isIn(seen.at))
        found.push({ pk: record.pk, sk: record.sk, attentionAt: seen.at });
    }
    return found.sort(inOrder).filter((each) => after === undefined || inOrder(each, after) > 0);
  };

  return {
    insert: (records, by, how) =>
      records.map((record) => {
        if (throttled(by, record.sk)) return { inserted: false, retry: true };
        const found = rows.get(record.sk)?.record;
        if (found !== undefined) return { inserted: false, found: copy(found) };
        const after = copy(record);
        put(undefined, after);
        onWrite({ before: undefined, after, by, how });
        return { inserted: true };
      }),
    change: (changes, by, how) =>
      changes.map((change) => {
        if (throttled(by, change.key.sk)) return { applied: false, retry: true };
        const row = rows.get(change.key.sk);
        if (row === undefined) return { applied: false, found: undefined };
        const before = row.record;
        if (!change.where.every((each) => holds(before, each)))
          return { applied: false, found: copy(before) };
        const after = changed(before, change);
        put(row, after);
        onWrite({ before, after, change, by, how });
        // What nobody reads, the table does not answer with.
        return { applied: true, record: change.unread ? ({} as JobRecord) : copy(after) };
      }),
    get: (keys) =>
      keys.map(({ sk }) => {
        const record = rows.get(sk)?.record;
        return record && copy(record);
      }),
    attention: (query, staleMs) => indexed(query, staleMs, (at) => at <= query.until).slice(0, query.limit),
    failed: (query, staleMs) =>
      indexed(query, staleMs, (at) => at >= query.since && at < query.until)
        .slice(0, query.limit)
        .map((each) => {
          const { type, queue, tags, fingerprint } = (rows.get(each.sk) as Row).record;
          return copy({ ...each, type, queue, tags, fingerprint }) as FailedEntry;
        }),
    newest({ pk, before, after, limit }, staleMs) {
      const at = now() - staleMs;
      const found: JobRecord[] = [];
      for (const { record, earlier, writtenAt } of rows.values()) {
        if (record.pk !== pk || record.sk > before || record.sk < after) continue;
        const seen = writtenAt <= at ? record : earlier;
        if (seen !== undefined) found.push(copy(seen));
      }
      return found.sort((a, b) => (a.sk < b.sk ? 1 : -1)).slice(0, limit);
    },
    unwatched({ pk, after, before }) {
      const all = Array.from(rows.values(), (each) => each.record).filter(
        (each) => each.pk === pk && each.sk > after && each.sk < before,
      );
      return { records: all.filter(isUnwatched).map(copy), looked: all.length };
    },
    anyUnwatched(mintedBefore) {
      const before = idFloor(mintedBefore);
      for (const { record } of rows.values()) if (record.sk < before && isUnwatched(record)) return true;
      return false;
    },
    anyDue(until) {
      for (const { record } of rows.values())
        if (record.attention?.startsWith('due#') && (record.attentionAt ?? 0) <= until) return true;
      return false;
    },
    peek: (jobId) => rows.get(jobId)?.record,
    writtenAt: (jobId) => rows.get(jobId)?.writtenAt ?? 0,
    all: () => Array.from(rows.values(), (each) => each.record),
  };
}

function isUnwatched({ status, attention }: JobRecord): boolean {
  return attention === undefined && status !== 'void' && !isFinal(status);
}

function inOrder(
  a: Pick<IndexEntry, 'sk' | 'attentionAt'>,
  b: Pick<IndexEntry, 'sk' | 'attentionAt'>,
): number {
  return a.attentionAt - b.attentionAt || (a.sk < b.sk ? -1 : a.sk > b.sk ? 1 : 0);
}

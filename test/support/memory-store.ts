import type { Change, ChangeResult, InsertResult, JobStore } from '../../core/change.ts';
import { isFinal } from '../../core/state.ts';
import type { JobRecord, RecordKey } from '../../core/table.ts';
import type { WalkedShards } from '../../functions/release/walk.ts';
import { Crashed, type Faults, noFaults } from './faults.ts';
import { changed, copy, entriesOf, holds, type StreamRecord, streamRecords } from './rows.ts';

/** The jobs table in memory, held to the same suite as the real one (`test/contract`). */
export interface MemoryStore extends JobStore, WalkedShards {
  /** The next so many writes are throttled, each for its row alone. */
  throttle(times: number): void;
  /** The attention index as it is now stays what queries see, until it catches up. */
  freezeIndex(): void;
  catchUpIndex(): void;
  /** The record as it stands, for a test to look at. */
  peek(jobId: string): JobRecord | undefined;
  /** Every record, tombstones too. */
  all(): JobRecord[];
  /** Puts a record there whatever stood before. */
  put(...records: JobRecord[]): void;
  /** Takes a record away, as its time to live does. */
  remove(jobId: string): void;
  /** Each write so far, in order. */
  stream(): StreamRecord[];
}

export function memoryStore(faults: Faults = noFaults()): MemoryStore {
  const rows = new Map<string, JobRecord>();
  const stream: StreamRecord[] = [];
  const write = (name: string, record: JobRecord | undefined): void => {
    stream.push(...streamRecords(rows.get(name), record));
    if (record === undefined) rows.delete(name);
    else rows.set(name, record);
  };
  let throttled = 0;
  let index: JobRecord[] | undefined;

  /** A call of no rows is none. */
  const called = <T>(method: string, count: number, perform: () => T): Promise<T> =>
    count > 0 ? faults.around(method, count, perform) : Promise.resolve(perform());

  /** Call by call, as on AWS: one that fails is the last, and takes the rows that have an answer none of theirs. */
  const inCalls = async <T, R>(
    method: string,
    asked: readonly T[],
    perform: (one: T) => R,
    unknown: R,
  ): Promise<R[]> => {
    const answers: R[] = [];
    for (let start = 0; start < asked.length; start += sharedRows) {
      const some = asked.slice(start, start + sharedRows);
      try {
        answers.push(...(await called(method, some.length, () => some.map(perform))));
      } catch (error) {
        if (start === 0 || error instanceof Crashed) throw error;
        break;
      }
    }
    return asked.map((_, index) => answers[index] ?? unknown);
  };

  const isThrottled = (): boolean => {
    throttled--;
    return throttled >= 0;
  };

  const insertOne = (record: JobRecord): InsertResult => {
    if (isThrottled()) return { inserted: false, retry: true };
    const found = rows.get(nameOf(record));
    if (found !== undefined) return { inserted: false, found: copy(found) };
    write(nameOf(record), copy(record));
    return { inserted: true };
  };

  const changeOne = (change: Change): ChangeResult => {
    if (isThrottled()) return { applied: false, retry: true };
    const found = rows.get(nameOf(change.key));
    if (found === undefined || !change.where.every((each) => holds(found, each)))
      return { applied: false, found: found && copy(found) };
    const record = changed(found, change);
    write(nameOf(change.key), record);
    // What nobody reads, the table does not answer with.
    return { applied: true, record: change.unread ? ({} as JobRecord) : copy(record) };
  };

  return {
    throttle: (times) => {
      throttled = times;
    },
    freezeIndex: () => {
      index = [...rows.values()].map(copy);
    },
    catchUpIndex: () => {
      index = undefined;
    },
    peek: (jobId) => [...rows.values()].map(copy).find((each) => each.sk === jobId),
    all: () => [...rows.values()].map(copy),
    remove: (jobId) => {
      for (const [name, { sk }] of rows) if (sk === jobId) write(name, undefined);
    },
    put: (...records) => {
      for (const record of records) write(nameOf(record), copy(record));
    },
    stream: () => [...stream],
    insert: (records) => inCalls('insert', records, insertOne, { inserted: false, retry: true }),
    change: (changes) => {
      refuseTwice(changes.map((each) => each.key));
      return inCalls('change', changes, changeOne, { applied: false, retry: true });
    },
    get: (keys) =>
      called('get', keys.length, () =>
        keys.map((key) => {
          const found = rows.get(nameOf(key));
          return found && copy(found);
        }),
      ),
    newest: ({ pk, before, after, limit }) => {
      if (after === '' || before === '')
        throw new Error('DynamoDB refuses an empty string as the bound of a key');
      return called('newest', 1, () =>
        [...rows.values()]
          .filter((each) => each.pk === pk && each.sk <= before && each.sk >= after)
          .sort((a, b) => (a.sk < b.sk ? 1 : -1))
          .slice(0, limit)
          .map(copy),
      );
    },
    attention: (query) => called('attention', 1, () => entriesOf(index ?? rows.values(), query)),
    failed: ({ partition, since, until, after, limit }) =>
      called('failed', 1, () => {
        if (since >= until) return [];
        if (after !== undefined && (after.attentionAt < since || after.attentionAt >= until))
          throw new Error('ValidationException: the starting key is outside of the range');
        return [...(index ?? rows.values())]
          .filter((each) => each.attention === partition)
          .map(({ pk, sk, type, queue, tags, fingerprint, attentionAt = 0 }) =>
            copy({ pk, sk, type, queue, tags, fingerprint, attentionAt }),
          )
          .filter((each) => each.attentionAt >= since && each.attentionAt < until)
          .sort(byTimeThenId)
          .filter((each) => after === undefined || byTimeThenId(each, after) > 0)
          .slice(0, limit);
      }),
    unwatched: ({ pk, after, before }) =>
      called('unwatched', 1, () => {
        const found = [...rows.values()]
          .filter((each) => each.pk === pk && each.sk > after && each.sk < before)
          .sort((a, b) => (a.sk < b.sk ? -1 : 1));
        const page = found.slice(0, walkedPage);
        return {
          records: page.filter(isUnwatched).map(copy),
          looked: page.length,
          ...(found.length > walkedPage ? { next: page.at(-1)?.sk } : {}),
        };
      }),
  };
}

/** BatchExecuteStatement takes 25 statements. */
const sharedRows = 25;

/** DynamoDB ends a page at 1 MB, some thousand records. */
const walkedPage = 12;

export function isUnwatched({ status, attention }: JobRecord): boolean {
  return attention === undefined && status !== 'void' && !isFinal(status);
}

/** Which of two entries of one time comes first is DynamoDB's own secret; that it is always the same is enough. */
function byTimeThenId(
  a: { attentionAt: number; sk: string },
  b: { attentionAt: number; sk: string },
): number {
  return a.attentionAt - b.attentionAt || (a.sk < b.sk ? -1 : a.sk > b.sk ? 1 : 0);
}

/** DynamoDB takes a key once in a batch. */
function refuseTwice(keys: readonly RecordKey[]): void {
  const twice = keys.find((key, index) => keys.findIndex((each) => nameOf(each) === nameOf(key)) !== index);
  if (twice !== undefined) throw new Error(`DynamoDB refuses a batch that names ${nameOf(twice)} twice`);
}

function nameOf({ pk, sk }: RecordKey): string {
  return `${pk}/${sk}`;
}

import type {
  AttentionEntry,
  AttentionQuery,
  Change,
  ChangeResult,
  InsertResult,
} from '../../core/change.ts';
import type { JobRecord, RecordKey } from '../../core/table.ts';
import { changed, entriesOf, holds } from '../support/rows.ts';

/** The jobs table, rows as those of the in-memory store that passes the contract suite: each row's write is atomic. `onWrite` sees every applied one, before and after. */
export interface SimulatedTable {
  insert: (records: readonly JobRecord[]) => InsertResult[];
  /** `owner` of the invocation that writes. */
  change: (changes: readonly Change[], owner?: string) => ChangeResult[];
  get: (keys: readonly RecordKey[]) => (JobRecord | undefined)[];
  attention: (query: AttentionQuery) => AttentionEntry[];
  all: () => JobRecord[];
  /** How many writes there were. */
  changes: () => number;
}

export function simulateTable(
  onWrite: (before: JobRecord | undefined, after: JobRecord, change?: Change, owner?: string) => void,
  /** May this row be throttled now. */
  throttled: () => boolean,
): SimulatedTable {
  const rows = new Map<string, JobRecord>();
  let writes = 0;
  const copy = (row: JobRecord | undefined): JobRecord | undefined =>
    row === undefined ? undefined : { ...row };

  return {
    insert: (records) =>
      records.map((record) => {
        if (throttled()) return { inserted: false, retry: true };
        const found = rows.get(record.sk);
        if (found !== undefined) return { inserted: false, found: { ...found } };
        writes++;
        rows.set(record.sk, { ...record });
        onWrite(undefined, record);
        return { inserted: true };
      }),
    change: (changes, owner) =>
      changes.map((change) => {
        if (throttled()) return { applied: false, retry: true };
        const before = rows.get(change.key.sk);
        if (before === undefined || !change.where.every((each) => holds(before, each)))
          return { applied: false, found: copy(before) };
        const after = changed(before, change);
        writes++;
        rows.set(change.key.sk, after);
        onWrite(before, after, change, owner);
        return { applied: true, record: { ...after } };
      }),
    get: (keys) => keys.map((key) => copy(rows.get(key.sk))),
    attention: (query) => entriesOf(rows.values(), query),
    all: () => [...rows.values()],
    changes: () => writes,
  };
}

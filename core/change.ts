import type { Attribute, JobRecord, RecordKey } from './table.ts';

/**
 * A change to one record, as data: what to write, and what must hold for it. Core decides changes;
 * a store carries them out, each atomically, many in one call (`functions/aws/jobs.ts` as PartiQL,
 * the in-memory store of the tests directly). PartiQL on the emulators has no OR and AWS documents no
 * comparison of two attributes, so a condition is a list that must hold as a whole, against literals.
 */
export interface Change {
  key: RecordKey;
  set: Partial<Pick<JobRecord, Attribute>>;
  /** Added to a number that the record already has. */
  add?: Partial<Record<'fence' | 'attempt' | 'attemptsLeft', number>>;
  remove?: readonly Attribute[];
  where: readonly Condition[];
  /** Nobody reads the record it leaves: a store need not return it. */
  unread?: true;
}

export type Condition =
  | readonly ['status', 'in', readonly JobRecord['status'][]]
  | readonly [
      'status' | 'fence' | 'attention' | 'attentionAt' | 'availableAt' | 'gate' | 'watchers',
      '=',
      string | number,
    ]
  | readonly ['availableAt', '<=', number]
  | readonly ['attemptsLeft' | 'availableAt', '>', number]
  | readonly [Attribute, 'missing'];

/** What became of a change, in the order they were given. */
export type ChangeResult =
  /** Applied; the record as it is now. */
  | { applied: true; record: JobRecord }
  /** Not applied: the condition failed on this record, or there is none. */
  | { applied: false; found: JobRecord | undefined }
  /** Throttled, in conflict, or its answer lost: it may have been applied or not. Send again. */
  | { applied: false; retry: true };

/** What became of an insert: it stands, an item with its key stood already, or, it may stand or not, send again. */
export type InsertResult =
  | { inserted: true }
  | { inserted: false; found: JobRecord }
  | { inserted: false; retry: true };

/** What the attention index knows of a failed job. */
export type FailedEntry = RecordKey &
  Pick<JobRecord, 'type' | 'queue' | 'tags' | 'fingerprint'> & {
    /** When it failed, ms since the epoch. */
    attentionAt: number;
  };

export interface FailedQuery {
  partition: string;
  /** ms since the epoch; `until` is exclusive. */
  since: number;
  until: number;
  /** The last entry of the page before. */
  after?: Pick<FailedEntry, 'sk' | 'pk' | 'attentionAt'>;
  limit: number;
}

/** What the attention index says of a record: where it is, and when it is due. */
export interface AttentionEntry extends RecordKey {
  attentionAt: number;
}

export interface AttentionQuery {
  partition: string;
  until: number;
  limit: number;
  /** The last entry of the page before. */
  after?: AttentionEntry;
}

/**
 * The port to the jobs table. Rows that are written succeed and fail one by one, whatever call they share: what is known
 * of a row is answered, and of the others that they are to be sent again. A write rejects when nothing is known of any
 * of its rows; a read when one record is not known.
 */
export interface JobStore {
  insert(records: readonly JobRecord[]): Promise<InsertResult[]>;
  change(changes: readonly Change[]): Promise<ChangeResult[]>;
  /** Consistent reads, in order, of keys that may come more than once; undefined where there is no record. */
  get(keys: readonly RecordKey[]): Promise<(JobRecord | undefined)[]>;
  /** Records of one partition with `after <= sk <= before`, newest first, at most `limit`; no bound is empty. */
  newest(query: { pk: string; before: string; after: string; limit: number }): Promise<JobRecord[]>;
  /** Entries of one attention partition at or before `until`, oldest first, those behind `after`. Eventually consistent. */
  attention(query: AttentionQuery): Promise<AttentionEntry[]>;
  /**
   * Failed jobs of one attention partition with `since <= failed at < until`, oldest first, beyond `after`; fewer
   * than `limit` means the end. Eventually consistent.
   */
  failed(query: FailedQuery): Promise<FailedEntry[]>;
}

/**
 * The record that a change has left, also when it was applied, its answer lost, and the SDK's repeat refused
 * by what it had written itself: then all that it sets stands there, and nothing that it removes. Undefined if
 * something else came first.
 */
export function leftBy(change: Change, result: ChangeResult): JobRecord | undefined {
  if (result.applied) return result.record;
  if ('retry' in result || result.found === undefined) return undefined;
  const { found } = result;
  const isGone = (change.remove ?? []).every((name) => found[name] === undefined);
  return isGone && holdsAll(found, change.set) ? found : undefined;
}

function holdsAll(found: object, wanted: object): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const there = (found as Record<string, unknown>)[name];
    if (typeof value !== 'object' || value === null || typeof there !== 'object' || there === null)
      return there === value;
    // A list that only begins with what is wanted is another.
    if (Array.isArray(value) && value.length !== Object.keys(there).length) return false;
    return holdsAll(there, value);
  });
}

import { isDeepStrictEqual } from 'node:util';
import type { AttentionEntry, AttentionQuery, Change, Condition } from '../../core/change.ts';
import type { JobRecord, RecordKey } from '../../core/table.ts';

/** Does the record meet a condition, as DynamoDB reads it. */
export function holds(record: JobRecord, condition: Condition): boolean {
  const [name, operator, value] = condition;
  const found = record[name];
  switch (operator) {
    case 'missing':
      return found === undefined;
    case 'in':
      return value.some((each) => each === found);
    case '=':
      return found === value;
    case '<=':
      return typeof found === 'number' && found <= value;
    case '>':
      return typeof found === 'number' && found > value;
  }
}

/** The record after a change. */
export function changed(found: JobRecord, { set, add = {}, remove = [] }: Change): JobRecord {
  const record: JobRecord = { ...copy(found), ...copy(set) };
  for (const [name, amount] of Object.entries(add) as [keyof typeof add, number][]) record[name] += amount;
  for (const name of remove) delete record[name];
  return record;
}

/** What the attention index answers. */
export function entriesOf(
  rows: Iterable<JobRecord>,
  { partition, until, limit, after }: AttentionQuery,
): AttentionEntry[] {
  const found = [...rows].flatMap(({ pk, sk, attention, attentionAt }) =>
    attention === partition && attentionAt !== undefined && attentionAt <= until
      ? [{ pk, sk, attentionAt }]
      : [],
  );
  return found
    .sort(inOrder)
    .filter((each) => after === undefined || inOrder(each, after) > 0)
    .slice(0, limit);
}

/** By time; of the same time, in some order that stays. */
function inOrder(a: AttentionEntry, b: AttentionEntry): number {
  const nameOf = ({ pk, sk }: AttentionEntry) => `${pk}/${sk}`;
  return a.attentionAt - b.attentionAt || (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0);
}

/** What a table stores: nothing undefined, nothing shared with the caller, bytes as plain Uint8Array. */
export function copy<T extends object>(value: T): T {
  const present: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) if (each !== undefined) present[name] = copyOf(each);
  return present as T;
}

/** What structuredClone would make of it, at a fraction of its time: a simulated history copies thousands of records. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return Array.isArray(value) ? value.map(copyOf) : copy(value);
}

/** A record of a table's stream with NEW_AND_OLD_IMAGES: what an item was before and after one write. */
export interface StreamRecord {
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  key: RecordKey;
  before?: JobRecord;
  after?: JobRecord;
}

/** What a write leaves in the stream: nothing if it changed nothing. */
export function streamRecords(before: JobRecord | undefined, after: JobRecord | undefined): StreamRecord[] {
  const { pk, sk } = before ?? after ?? { pk: '', sk: '' };
  const key = { pk, sk };
  if (before === undefined)
    return after === undefined ? [] : [{ eventName: 'INSERT', key, after: copy(after) }];
  if (after === undefined) return [{ eventName: 'REMOVE', key, before: copy(before) }];
  if (isDeepStrictEqual(before, after)) return [];
  return [{ eventName: 'MODIFY', key, before: copy(before), after: copy(after) }];
}

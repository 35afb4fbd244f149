import type { Change, Condition } from '../../core/change.ts';
import type { JobRecord } from '../../core/table.ts';

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

/** What a table stores: nothing undefined, nothing shared with the caller, bytes as plain Uint8Array. */
export function copy<T extends object>(value: T): T {
  const present = Object.entries(structuredClone(value)).filter(([, each]) => each !== undefined);
  return Object.fromEntries(present) as T;
}

import type { Change, Condition } from '../../core/change.ts';
import type { JobRecord } from '../../core/table.ts';

/** The record after a change, or undefined where a condition of it does not hold: what a store does, in memory. */
export function apply(record: JobRecord, change: Change): JobRecord | undefined {
  if (record.pk !== change.key.pk || record.sk !== change.key.sk) return undefined;
  if (!change.where.every((each) => holds(record, each))) return undefined;
  const after: Record<string, unknown> = { ...record, ...change.set };
  for (const [name, amount] of Object.entries(change.add ?? {})) after[name] = Number(after[name]) + amount;
  for (const name of change.remove ?? []) delete after[name];
  return after as unknown as JobRecord;
}

function holds(record: JobRecord, [name, operator, value]: Condition): boolean {
  const stored = record[name];
  switch (operator) {
    case 'in':
      return value.includes(record.status);
    case '=':
      return stored === value;
    case '<=':
      return typeof stored === 'number' && stored <= value;
    case '>':
      return typeof stored === 'number' && stored > value;
    case 'missing':
      return stored === undefined;
  }
}

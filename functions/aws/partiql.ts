import type { Change, Condition } from '../../core/change.ts';
import { attributeOf, rowOf } from '../../core/row.ts';
import type { JobRecord } from '../../core/table.ts';

/** A statement of BatchExecuteStatement, without its table's options. */
export interface Statement {
  Statement: string;
  Parameters: unknown[];
}

/** A change as PartiQL: `UPDATE … SET … REMOVE … WHERE key AND conditions RETURNING ALL NEW *`. */
export function updateStatement(table: string, change: Change): Statement {
  const parameters: unknown[] = [];
  const clauses: string[] = [];
  for (const [name, value] of Object.entries(change.set)) {
    if (value === undefined) continue;
    clauses.push(`SET "${name}"=?`);
    parameters.push(attributeOf(value));
  }
  for (const [name, amount] of Object.entries(change.add ?? {})) {
    clauses.push(`SET "${name}"="${name}"+?`);
    parameters.push(amount);
  }
  for (const name of change.remove ?? []) clauses.push(`REMOVE "${name}"`);
  parameters.push(change.key.pk, change.key.sk);
  const conditions = change.where.map((each) => conditionText(each, parameters));
  return {
    Statement: `UPDATE "${table}" ${clauses.join(' ')} WHERE ${['"pk"=?', '"sk"=?', ...conditions].join(' AND ')}${change.unread ? '' : ' RETURNING ALL NEW *'}`,
    Parameters: parameters,
  };
}

function conditionText(condition: Condition, parameters: unknown[]): string {
  const [name, operator, value] = condition;
  switch (operator) {
    case 'missing':
      return `"${name}" IS MISSING`;
    case 'in':
      parameters.push(...value);
      if (value.length === 1) return `"${name}" = ?`;
      return `"${name}" IN [${value.map(() => '?').join(',')}]`;
    default:
      parameters.push(value);
      return `"${name}" ${operator} ?`;
  }
}

/** A new record: `INSERT` fails for its row alone when the key stands already. */
export function insertStatement(table: string, record: JobRecord): Statement {
  const present = Object.entries(rowOf(record)).filter(([, value]) => value !== undefined);
  return {
    Statement: `INSERT INTO "${table}" VALUE {${present.map(([name]) => `'${name}':?`).join(',')}}`,
    Parameters: present.map(([, value]) => value),
  };
}

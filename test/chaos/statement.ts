/** One write of a function to the jobs table, as it goes over the wire. */
export interface Write {
  jobId: string;
  /** Attributes that it sets, and those that its condition compares, by name. */
  set: Record<string, unknown>;
  where: Record<string, unknown>;
}

type AttributeValue = { S?: string; N?: string; M?: unknown; L?: unknown; B?: unknown; BOOL?: boolean };

/**
 * Reads a PartiQL statement of TaskQ's (`functions/aws/partiql.ts`) with its parameters. Numbers are numbers,
 * lists of a condition are left out. Throws at what it does not know: a witness must not be blind.
 */
export function readStatement(statement: string, parameters: readonly AttributeValue[]): Write {
  const values = parameters.map(plain);
  const insert = /^INSERT INTO "[^"]+" VALUE \{(.*)\}$/.exec(statement);
  if (insert) {
    const names = [...(insert[1] ?? '').matchAll(/'(\w+)':\?/g)].map(([, name]) => name ?? '');
    const set = Object.fromEntries(names.map((name, index) => [name, values[index]]));
    return { jobId: String(set.sk), set, where: {} };
  }
  const update = /^UPDATE "[^"]+" (.*) WHERE (.*?)( RETURNING ALL NEW \*)?$/.exec(statement);
  if (!update) throw new Error(`not a statement that the witness can read: ${statement}`);
  const set: Record<string, unknown> = {};
  let next = 0;
  for (const [, name = '', added] of (update[1] ?? '').matchAll(/SET "(\w+)"=("\w+"\+)?\?/g)) {
    // A sum's operand says nothing of the value.
    if (added === undefined) set[name] = values[next];
    next++;
  }
  const where: Record<string, unknown> = {};
  for (const [, name = '', operator, list] of (update[2] ?? '').matchAll(
    /"(\w+)" ?(=|<=|<|>=|>|IN) ?(\[[?,]*\]|\?)/g,
  )) {
    const count = list?.split('?').length ?? 1;
    if (operator !== 'IN') where[name] = values[next];
    next += count - 1;
  }
  if (next !== values.length || typeof where.sk !== 'string')
    throw new Error(`the witness read ${next} of ${values.length} parameters of: ${statement}`);
  return { jobId: where.sk, set, where };
}

/** The jobs that a BatchExecuteStatement of a worker claims or takes over. */
export function claimedBy(batch: {
  Statements?: { Statement: string; Parameters?: readonly AttributeValue[] }[];
}): string[] {
  return (batch.Statements ?? [])
    .map(({ Statement, Parameters = [] }) => readStatement(Statement, Parameters))
    .flatMap(({ jobId, set }) => (set.status === 'running' ? [jobId] : []));
}

function plain(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  return value;
}

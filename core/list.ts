import * as api from './api.ts';
import { check } from './faults.ts';
import { idFloor, isJobId } from './id.ts';
import { type Checked, problem } from './problem.ts';
import type { JobRecord } from './table.ts';
import { momentMs } from './view.ts';

/** Filters of a list, read from query parameters. Ids bound it: `after` ≤ id < `before`. */
export interface ListFilter extends ListBounds {
  status?: string;
  type?: string;
  queue?: string;
  tags: string[];
}

/** Which ids a page looks at, and how many it lists. */
export interface ListBounds {
  limit: number;
  /** Exclusive. */
  before: string;
  /** Inclusive. */
  after: string;
}

/** Sorts before every id. DynamoDB refuses an empty key, in conditions too. */
const beforeIds = '0';
/** Sorts after every id. */
const beyondIds = 'g';

/** Reads the query of a list: unknown parameters, wrong values and broken cursors are refused, each with its name. */
export function listFilterOf(query: Record<string, string[]>): Checked<ListFilter> {
  const checked = checkQuery(api.listQuery, flatQuery(query));
  if (!checked.ok) return checked;
  const { tag, status, type, queue } = checked.value;
  const bounds = boundsOf(checked.value);
  if (!bounds.ok) return bounds;
  return {
    ok: true,
    value: {
      ...(status === undefined ? {} : { status }),
      ...(type === undefined ? {} : { type }),
      ...(queue === undefined ? {} : { queue }),
      tags: tag ?? [],
      ...bounds.value,
    },
  };
}

/** The bounds of a page, from the parameters that every list takes. */
export function boundsOf({
  cursor,
  since,
  until,
  limit,
}: Pick<api.ListQuery, 'cursor' | 'since' | 'until' | 'limit'>): Checked<ListBounds> {
  const at = cursor === undefined ? undefined : decodeCursor(cursor);
  if (cursor !== undefined && at === undefined) {
    return {
      ok: false,
      problem: problem(
        'invalid_request',
        'the cursor is broken; take it from the page before, or leave it out',
        { details: [{ path: 'cursor', message: 'must be the cursor of an earlier page' }] },
      ),
    };
  }
  const untilFloor = until === undefined ? beyondIds : idFloor(momentMs(until));
  return {
    ok: true,
    value: {
      limit: limit ?? api.defaultListLimit,
      before: at !== undefined && at < untilFloor ? at : untilFloor,
      after: since === undefined ? beforeIds : idFloor(momentMs(since)),
    },
  };
}

/** Query parameters as their schema reads them. */
export function flatQuery(query: Record<string, string[]>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(query).map(([name, values]) => [name, parameterValue(name, values)]),
  );
}

/** A query against its schema; faults are named by parameter, not by JSON Pointer. */
export function checkQuery<S extends Parameters<typeof check>[0]>(
  schema: S,
  query: Record<string, unknown>,
): ReturnType<typeof check<S>> {
  const checked = check(schema, query, 'invalid_request', 'the query is not as the API describes it');
  if (checked.ok || checked.problem.details === undefined) return checked;
  const details = checked.problem.details.map(({ path, message }) => ({
    path: path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~'),
    message: message === 'unknown field' ? 'unknown query parameter' : message,
  }));
  return { ok: false, problem: { ...checked.problem, details } };
}

/** `tag` may be repeated, whole numbers are numbers, and what stands twice stays a list for the schema to refuse. */
export function parameterValue(name: string, values: readonly string[]): unknown {
  if (name === 'tag') return values;
  if (values.length !== 1) return values;
  const [text = ''] = values;
  return (name === 'limit' || name === 'wait') && /^\d{1,9}$/.test(text) ? Number(text) : text;
}

export function matches(record: JobRecord, filter: ListFilter): boolean {
  if (record.status === 'void') return false;
  if (filter.status !== undefined && record.status !== filter.status) return false;
  if (filter.type !== undefined && record.type !== filter.type) return false;
  if (filter.queue !== undefined && record.queue !== filter.queue) return false;
  return filter.tags.every((tag) => record.tags?.includes(tag) ?? false);
}

/** A cursor is the last id that was looked at, behind a version. */
export function encodeCursor(lastId: string): string {
  return Buffer.from(`1${lastId}`).toString('base64url');
}

export function decodeCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const id = text.slice(1);
  return text[0] === '1' && isJobId(id) && encodeCursor(id) === cursor ? id : undefined;
}

import type { FailedEntry } from './change.ts';
import { noFingerprint } from './fingerprint.ts';
import { isJobId } from './id.ts';
import { checkQuery, parameterValue } from './list.ts';
import { type FailuresResponse, failuresQuery, type ManyFilter, manyFilterOf } from './many.ts';
import { type Checked, problem } from './problem.ts';
import type { JobRecord } from './table.ts';
import { rfc3339, workflowIdOf } from './view.ts';

/** How far a walk over a tenant's jobs, shard by shard, has come: behind the last job of that shard, or at its begin. */
export interface Position {
  shard: number;
  last?: { id: string; at: number };
}

/** Reads the query of the failures. @param now ms since the epoch */
export function failuresFilterOf(
  query: Record<string, string[]>,
  now: number,
): Checked<{ filter: ManyFilter; from: Position }> {
  const flat = Object.fromEntries(
    Object.entries(query).map(([name, values]) => [name, parameterValue(name, values)]),
  );
  const checked = checkQuery(failuresQuery, flat);
  if (!checked.ok) return checked;
  const { cursor, tag, ...rest } = checked.value;
  const from = cursor === undefined ? { shard: 0 } : decodePosition(cursor);
  if (from === undefined) {
    return {
      ok: false,
      problem: problem(
        'invalid_request',
        'the cursor is broken; take it from the answer before, or leave it out',
        { details: [{ path: 'cursor', message: 'must be the cursor of an earlier answer' }] },
      ),
    };
  }
  const tags = tag === undefined ? {} : { tags: tag };
  // What fails while it is read may be counted by the next.
  return { ok: true, value: { filter: manyFilterOf({ ...rest, ...tags }, now), from } };
}

export function encodePosition({ shard, last }: Position): string {
  const text = last === undefined ? `1.${shard}` : `1.${shard}.${last.at}.${last.id}`;
  return Buffer.from(text).toString('base64url');
}

export function decodePosition(cursor: string): Position | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, shard, at, id] = /^1\.(\d{1,3})(?:\.(\d{1,15})\.([0-9a-f-]{36}))?$/.exec(text) ?? [];
  if (shard === undefined || Number(shard) > 255 || (id !== undefined && !isJobId(id))) return undefined;
  const position: Position = {
    shard: Number(shard),
    ...(id === undefined ? {} : { last: { id, at: Number(at) } }),
  };
  return encodePosition(position) === cursor ? position : undefined;
}

/** Failed jobs that are alike. */
export interface FailureGroup {
  fingerprint: string;
  count: number;
  /** ms since the epoch. */
  firstAt: number;
  lastAt: number;
  /** The latest, newest first. */
  examples: FailedEntry[];
}

const maxExamples = 3;

/** Groups by fingerprint, the largest first. */
export function groupFailures(entries: readonly FailedEntry[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const entry of entries) {
    const { fingerprint = noFingerprint, attentionAt: at } = entry;
    const group = groups.get(fingerprint) ?? {
      ...{ fingerprint, count: 0, firstAt: at, lastAt: at },
      examples: [],
    };
    group.count++;
    group.firstAt = Math.min(group.firstAt, at);
    group.lastAt = Math.max(group.lastAt, at);
    group.examples.push(entry);
    if (group.examples.length > maxExamples)
      group.examples.sort((a, b) => b.attentionAt - a.attentionAt).pop();
    groups.set(fingerprint, group);
  }
  for (const { examples } of groups.values()) examples.sort((a, b) => b.attentionAt - a.attentionAt);
  return [...groups.values()].sort((a, b) => b.count - a.count || b.lastAt - a.lastAt);
}

/** A group as the API shows it; what its jobs have in common stands on the record of any of them. */
export function viewOfGroup(
  group: FailureGroup,
  examples: readonly [JobRecord, ...JobRecord[]],
): FailuresResponse['groups'][number] {
  const [{ type, queue, lastError, codeVersion, workflow }] = examples;
  return {
    fingerprint: group.fingerprint,
    type,
    queue,
    code: lastError?.code ?? 'unknown',
    cause: lastError?.cause ?? 'unknown',
    ...(codeVersion === undefined ? {} : { code_version: codeVersion }),
    count: group.count,
    first_at: rfc3339(group.firstAt),
    last_at: rfc3339(group.lastAt),
    examples: group.examples.map(({ sk }) => sk),
    ...(workflow === undefined || examples.some((each) => each.workflow === undefined)
      ? {}
      : { workflow_id: workflowIdOf(workflow) }),
  };
}

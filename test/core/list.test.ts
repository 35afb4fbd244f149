import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resultQuery } from '../../core/api.ts';
import { isJobId, mintJobId } from '../../core/id.ts';
import {
  checkQuery,
  decodeCursor,
  encodeCursor,
  type ListFilter,
  listFilterOf,
  matches,
  parameterValue,
} from '../../core/list.ts';
import type { Fault } from '../../core/problem.ts';
import { aJob, jobId } from './a-job.ts';

function filterOf(query: Record<string, string[]>): ListFilter {
  const checked = listFilterOf(query);
  if (!checked.ok) throw new Error(JSON.stringify(checked.problem));
  return checked.value;
}

function faultsOf(query: Record<string, string[]>): Fault[] {
  const checked = listFilterOf(query);
  if (checked.ok) throw new Error('the query was taken');
  expect(checked.problem.code).toBe('invalid_request');
  return checked.problem.details ?? [];
}

describe('filters', () => {
  test('none: the newest 50', () => {
    expect(filterOf({})).toEqual({ tags: [], limit: 50, before: 'g', after: '0' });
  });

  test('all of them', () => {
    const query = {
      status: ['failed'],
      type: ['csv.summarize'],
      queue: ['default'],
      tag: ['a', 'b'],
      since: ['2027-01-15T07:00:00Z'],
      until: ['2027-01-15T09:00:00+01:00'],
      limit: ['200'],
    };
    expect(filterOf(query)).toEqual({
      status: 'failed',
      type: 'csv.summarize',
      queue: 'default',
      tags: ['a', 'b'],
      limit: 200,
      before: '01a3185c-5000',
      after: '01a31825-6180',
    });
  });

  test('a cursor bounds a page, unless `until` is earlier', () => {
    const cursor = [encodeCursor(jobId)];
    expect(filterOf({ cursor }).before).toBe(jobId);
    expect(filterOf({ cursor, until: ['2027-01-15T08:00:01Z'] }).before).toBe(jobId);
    expect(filterOf({ cursor, until: ['2027-01-15T08:00:00Z'] }).before).toBe('01a3185c-5000');
  });

  test('times before 1970 and in the year 9999 are bounds like others', () => {
    expect(filterOf({ since: ['0000-01-01T00:00:00Z'] }).after).toBe('00000000-0000');
    expect(filterOf({ until: ['9999-12-31T23:59:59Z'] }).before).toBe('e677d21f-d818');
  });
});

describe('a query that is refused', () => {
  test.each<[string, Record<string, string[]>, Fault]>([
    ['an unknown parameter', { page: ['1'] }, { path: 'page', message: 'unknown query parameter' }],
    ['one with a slash', { 'a/~b': ['1'] }, { path: 'a/~b', message: 'unknown query parameter' }],
    [
      '__proto__',
      JSON.parse('{"__proto__":["1"]}'),
      { path: '__proto__', message: 'unknown query parameter' },
    ],
    ['a parameter twice', { type: ['a', 'b'] }, { path: 'type', message: 'must be a string' }],
    ['a limit that is text', { limit: ['ten'] }, { path: 'limit', message: 'must be a number' }],
    ['an empty limit', { limit: [''] }, { path: 'limit', message: 'must be a number' }],
    ['a limit of 1e3', { limit: ['1e3'] }, { path: 'limit', message: 'must be a number' }],
    ['a limit of -1', { limit: ['-1'] }, { path: 'limit', message: 'must be a number' }],
    ['a limit of NaN', { limit: ['NaN'] }, { path: 'limit', message: 'must be a number' }],
    ['a limit of 1.5', { limit: ['1.5'] }, { path: 'limit', message: 'must be a number' }],
    ['a limit of 0', { limit: ['0'] }, { path: 'limit', message: 'must be at least 1' }],
    ['a limit of 201', { limit: ['201'] }, { path: 'limit', message: 'must be at most 200' }],
    ['a type that is none', { type: ['A'] }, { path: 'type', message: 'must match [a-z0-9._-]{1,64}' }],
    ['a queue that is none', { queue: ['a b'] }, { path: 'queue', message: 'must match [a-z0-9._-]{1,64}' }],
    ['an empty tag', { tag: ['a', ''] }, { path: 'tag/1', message: 'must have 1 to 32 characters' }],
    ['nine tags', { tag: Array(9).fill('a') }, { path: 'tag', message: 'must have at most 8 entries' }],
    [
      'a time without a zone',
      { since: ['2027-01-15T08:00:00'] },
      { path: 'since', message: 'must be a time such as 2026-01-31T09:30:00Z' },
    ],
    [
      'a plus that became a space',
      { until: ['2027-01-15T08:00:00 01:00'] },
      { path: 'until', message: 'must be a time such as 2026-01-31T09:30:00Z' },
    ],
    [
      'a broken cursor',
      { cursor: ['x'] },
      { path: 'cursor', message: 'must be the cursor of an earlier page' },
    ],
    [
      'an empty cursor',
      { cursor: [''] },
      { path: 'cursor', message: 'must be the cursor of an earlier page' },
    ],
    [
      'a long cursor',
      { cursor: ['x'.repeat(201)] },
      { path: 'cursor', message: 'must have at most 200 characters' },
    ],
  ])('%s', (_, query, fault) => {
    expect(faultsOf(query)).toEqual([fault]);
  });

  test('a status that is none, with those there are', () => {
    expect(faultsOf({ status: ['done'] })).toEqual([
      {
        path: 'status',
        message:
          'must be one of "waiting_dependencies", "scheduled", "pending", "retrying", "running", "completed", "failed", "cancelled"',
      },
    ]);
  });

  test('several faults, each told', () => {
    expect(
      faultsOf({ limit: ['0'], foo: ['1'], type: ['A'] })
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['foo', 'limit', 'type']);
  });

  test('`wait` of a result', () => {
    const wait = (text: string) => checkQuery(resultQuery, { wait: parameterValue('wait', [text]) });
    expect(wait('20')).toEqual({ ok: true, value: { wait: 20 } });
    expect(wait('0').ok).toBe(true);
    expect(wait('21').ok).toBe(false);
    expect(wait('20s').ok).toBe(false);
  });
});

describe('cursors', () => {
  const ids = fc
    .tuple(fc.nat(), fc.uint8Array({ minLength: 9, maxLength: 9 }), fc.nat(255))
    .map(([ms, random, shard]) => mintJobId(ms, random, shard));

  test('as a literal', () => {
    expect(encodeCursor(jobId)).toBe('MTAxYTMxODVjLTUwMDAtN2FiYy04ZGVmLTAxMjM0NTY3ODkwNQ');
  });

  test('round trip', () => {
    fc.assert(fc.property(ids, (id) => decodeCursor(encodeCursor(id)) === id));
  });

  test('a character changed: refused, or the cursor of another id and of no other text', () => {
    const cursor = encodeCursor(jobId);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n';
    for (let at = 0; at < cursor.length; at++) {
      for (const char of alphabet) {
        const changed = cursor.slice(0, at) + char + cursor.slice(at + 1);
        const read = decodeCursor(changed);
        if (read !== undefined) expect([isJobId(read), encodeCursor(read)]).toEqual([true, changed]);
      }
    }
  });

  test.each([
    ['cut', (cursor: string) => cursor.slice(0, -1)],
    ['longer', (cursor: string) => `${cursor}A`],
    ['padded', (cursor: string) => `${cursor}==`],
    ['of another version', () => Buffer.from(`2${jobId}`).toString('base64url')],
    ['in plain text', () => `1${jobId}`],
    ['of an id in capitals', () => Buffer.from(`1${jobId.toUpperCase()}`).toString('base64url')],
  ])('refused when %s', (_, change) => {
    expect(decodeCursor(change(encodeCursor(jobId)))).toBeUndefined();
  });

  test('no other text is one', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => decodeCursor(text) === undefined));
  });
});

describe('a record matches', () => {
  const record = aJob('failed', { tags: ['a', 'b'] });
  const all: ListFilter = { tags: [], limit: 50, before: 'g', after: '' };
  test.each<[string, Partial<ListFilter>, boolean]>([
    ['no filter', {}, true],
    ['its status', { status: 'failed' }, true],
    ['another status', { status: 'pending' }, false],
    ['its type', { type: 'csv.summarize' }, true],
    ['another type', { type: 'csv' }, false],
    ['its queue', { queue: 'default' }, true],
    ['another queue', { queue: 'webhooks' }, false],
    ['one of its tags', { tags: ['b'] }, true],
    ['all its tags', { tags: ['b', 'a'] }, true],
    ['a tag it has not', { tags: ['a', 'c'] }, false],
    ['its type, but another status', { type: 'csv.summarize', status: 'pending' }, false],
  ])('%s: %j is %s', (_, filter, expected) => {
    expect(matches(record, { ...all, ...filter })).toBe(expected);
  });

  test('a tag, when it has none: no', () => {
    expect(matches(aJob('pending'), { ...all, tags: ['a'] })).toBe(false);
  });

  test('a tombstone matches nothing', () => {
    expect(matches(aJob('void'), all)).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { batchRequest, retryRequest } from '../../core/api.ts';
import { decodePosition, encodePosition, failuresFilterOf } from '../../core/failures.ts';
import { check } from '../../core/faults.ts';
import { isJobId, mintJobId } from '../../core/id.ts';
import { decodeCursor, encodeCursor, listFilterOf } from '../../core/list.ts';
import { cancelManyRequest, retryManyRequest } from '../../core/many.ts';
import { patchOf } from '../../core/patch.ts';
import { decodePointer, encodePointer, tenantPattern } from '../../core/pointer.ts';
import { type Checked, problemStatus } from '../../core/problem.ts';
import { draftOf } from '../../core/request.ts';
import { finalStates } from '../../core/state.ts';
import { momentMs, rfc3339 } from '../../core/view.ts';
import { decodeLink, encodeLink } from '../../core/workflow/link.ts';
import { decodeNews, encodeNews, newsOf } from '../../core/workflow/news.ts';
import { damaged, hostileJson } from '../support/hostile.ts';
import { catalogue } from './catalogue.ts';

const now = 1_800_000_000_000;
const most = 8_640_000_000_000_000;
const runs = { numRuns: 500 };

const ids = fc
  .tuple(
    fc.integer({ min: 0, max: 0xffff_ffff_ffff }),
    fc.uint8Array({ minLength: 9, maxLength: 9 }),
    fc.integer({ min: 0, max: 255 }),
  )
  .map(([at, random, shard]) => mintJobId(at, random, shard));
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.base64String(), ids);

/** A problem as the API can send it: its code is known, its sentence is one, it names places and echoes no value. */
const problems = z.strictObject({
  code: z.enum(Object.keys(problemStatus) as [string]),
  error: z.string().check(z.minLength(5)),
  details: z.optional(
    z.array(z.strictObject({ path: z.string(), message: z.string().check(z.minLength(3)) })),
  ),
});

function judged<T>(checked: Checked<T>): T | undefined {
  if (checked.ok) return checked.value;
  expect(z.safeParse(problems, checked.problem).error).toBeUndefined();
  return undefined;
}

describe('whatever JSON is sent is a value or a problem, and crashes nothing', () => {
  const common = ['type', 'payload', 'queue', 'priority', 'delay_seconds', 'run_at', 'tags', 'jobs'];
  const limits = ['max_attempts', 'timeout_seconds'];
  const many = ['status', 'fingerprint', 'since', 'until', 'canary', 'percent', 'max_failure_rate', 'patch'];

  const whole = fc.integer({ min: -1, max: 101 });
  const nearlyJobs = fc.record(
    {
      type: fc.constantFrom('ping', 'ping', 'ping', 'report'),
      payload: fc.jsonValue(),
      queue: fc.constantFrom('quick', 'slow'),
      priority: fc.integer({ min: -1, max: 10 }),
      delay_seconds: fc.oneof(whole, fc.constantFrom(31_536_000, 31_536_001)),
      run_at: fc.integer({ min: -62_167_219_200_000, max: now + 40_000_000_000 }).map(rfc3339),
      max_attempts: whole,
      timeout_seconds: whole,
      tags: fc.array(fc.string({ unit: 'binary', maxLength: 33 }), { maxLength: 9 }),
    },
    { requiredKeys: ['type', 'payload'] },
  );

  test('as a job, and what is taken is within its limits', () => {
    fc.assert(
      fc.property(fc.oneof(hostileJson([...common, ...limits]), nearlyJobs), (body) => {
        const draft = judged(draftOf(body, catalogue, now));
        if (draft === undefined) return;
        expect(draft.availableAt).toBeGreaterThanOrEqual(now);
        expect(draft.availableAt).toBeLessThanOrEqual(now + 31_536_000_000);
        expect([draft.priority, draft.maxAttempts, draft.timeoutSeconds].every(Number.isInteger)).toBe(true);
        expect(draft.maxAttempts >= 1 && draft.maxAttempts <= 5).toBe(true);
        expect(draft.timeoutSeconds >= 1 && draft.timeoutSeconds <= 60).toBe(true);
      }),
      runs,
    );
  });

  test('as a change of a job', () => {
    fc.assert(
      fc.property(hostileJson(common), (body) => {
        const patch = judged(patchOf(body, now));
        if (patch === undefined) return;
        expect(Object.keys(patch).length).toBeGreaterThan(0);
        if (patch.availableAt !== undefined) expect(patch.availableAt).toBeGreaterThanOrEqual(now);
      }),
      runs,
    );
  });

  test.each([
    ['a batch', batchRequest],
    ['a retry', retryRequest],
    ['a retry of many', retryManyRequest],
    ['a cancel of many', cancelManyRequest],
  ])('as %s', (_, schema) => {
    fc.assert(
      fc.property(hostileJson([...common, ...many]), (body) => {
        judged(check(schema, body, 'invalid_request', 'a sentence'));
      }),
      runs,
    );
  });
});

describe('whatever query is sent is a filter or a problem', () => {
  const names = [
    'status',
    'type',
    'queue',
    'tag',
    'since',
    'until',
    'limit',
    'cursor',
    'fingerprint',
    '__proto__',
  ];
  const values = fc.oneof(
    anyText,
    ids.map(encodeCursor),
    fc.constantFrom(
      'failed',
      'echo',
      '5',
      '0',
      '201',
      '1e3',
      '2026-11-22T10:00:00+25:00',
      '2026-11-22T10:00:00Z',
    ),
  );
  const queries = fc
    .array(fc.tuple(fc.constantFrom(...names), fc.array(values, { minLength: 1, maxLength: 3 })), {
      maxLength: 5,
    })
    .map((entries) => Object.fromEntries(entries));

  test('of jobs: within its limits, and never a bound that DynamoDB refuses', () => {
    fc.assert(
      fc.property(queries, (query) => {
        const filter = judged(listFilterOf(query));
        if (filter === undefined) return;
        expect(filter.limit).toBeGreaterThanOrEqual(1);
        expect(filter.limit).toBeLessThanOrEqual(200);
        expect(filter.before).not.toBe('');
        expect(filter.after).not.toBe('');
      }),
      runs,
    );
  });

  test('of failed jobs', () => {
    fc.assert(
      fc.property(queries, (query) => void judged(failuresFilterOf(query, now))),
      runs,
    );
  });
});

describe('what TaskQ has written and someone has changed is read as its like, or not at all', () => {
  const tenants = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/);

  test('a pointer', () => {
    const pointers = fc.record({ tenant: tenants, jobId: ids });
    fc.assert(
      fc.property(pointers, (pointer) => {
        expect(decodePointer(encodePointer(pointer))).toEqual(pointer);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(anyText, damaged(pointers.map(encodePointer))), (text) => {
        const pointer = decodePointer(text);
        if (pointer === undefined) return;
        expect(Object.keys(pointer)).toEqual(['tenant', 'jobId']);
        expect([tenantPattern.test(pointer.tenant), isJobId(pointer.jobId)]).toEqual([true, true]);
      }),
      runs,
    );
  });

  test('a cursor of jobs', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, damaged(ids.map(encodeCursor))), (text) => {
        const id = decodeCursor(text);
        expect(id === undefined || isJobId(id)).toBe(true);
      }),
      runs,
    );
  });

  test('a cursor of failed jobs', () => {
    const shard = fc.integer({ min: 0, max: 255 });
    const last = fc.record({ id: ids, at: fc.integer({ min: 0, max: 999_999_999_999_999 }) });
    const noJob = fc
      .stringMatching(/^[0-9a-f-]{36}$/)
      .map((id) => encodePosition({ shard: 1, last: { id, at: 1 } }));
    const positions = fc.oneof(fc.record({ shard }), fc.record({ shard, last }));
    fc.assert(
      fc.property(positions, (each) => {
        expect(decodePosition(encodePosition(each))).toEqual(each);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(anyText, damaged(positions.map(encodePosition)), noJob), (text) => {
        const position = decodePosition(text);
        if (position === undefined) return;
        expect([Number.isInteger(position.shard), position.shard < 256]).toEqual([true, true]);
        expect(position.last === undefined || isJobId(position.last.id)).toBe(true);
      }),
      runs,
    );
  });

  test('the link of a workflow’s job, and its news', () => {
    const links = fc.record({
      workflow: ids,
      node: fc.integer({ min: 0, max: 9_999 }),
      generation: fc.integer({ min: 0, max: 999_999 }),
      undo: fc.boolean(),
    });
    const news = fc
      .tuple(links, fc.constantFrom(...finalStates))
      .map(([link, status]) => newsOf(link, status));
    fc.assert(
      fc.property(links, (link) => {
        expect(decodeLink(encodeLink(link))).toEqual(link);
      }),
    );
    fc.assert(
      fc.property(news, (text) => {
        const decoded = decodeNews(text);
        expect(decoded && encodeNews(decoded)).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(anyText, damaged(links.map(encodeLink)), damaged(news)), (text) => {
        expect(Number.isInteger(decodeLink(text)?.node ?? 0)).toBe(true);
        decodeNews(text);
      }),
      runs,
    );
  });
});

test('a time is read back as it was written', () => {
  fc.assert(fc.property(fc.integer({ min: -most, max: most }), (ms) => momentMs(rfc3339(ms)) === ms));
});

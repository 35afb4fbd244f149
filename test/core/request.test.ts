import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxPayloadBytes } from '../../core/api.ts';
import type { Problem } from '../../core/problem.ts';
import { type Draft, draftOf } from '../../core/request.ts';
import { now } from './a-job.ts';
import { catalogue, report } from './catalogue.ts';

const draft = (body: unknown) => draftOf(body, catalogue, now);
const ping = (more: object = {}) => draft({ type: 'ping', payload: null, ...more });

function accepted(body: unknown): Draft {
  const checked = draft(body);
  if (!checked.ok) throw new Error(JSON.stringify(checked.problem));
  return checked.value;
}

function refused(checked: ReturnType<typeof draft>): Problem {
  if (checked.ok) throw new Error('the job was taken');
  return checked.problem;
}

describe('a job that is taken', () => {
  test('with nothing but type and payload: the type’s numbers, priority 4, now', () => {
    expect(accepted({ type: 'ping', payload: { a: 1 } })).toEqual({
      type: 'ping',
      queue: 'quick',
      long: false,
      priority: 4,
      availableAt: 1_800_000_000_000,
      maxAttempts: 3,
      timeoutSeconds: 20,
      tags: [],
      payload: Buffer.from('{"a":1}'),
    });
  });

  test('with everything', () => {
    const body = {
      type: 'ping',
      payload: [],
      queue: 'slow',
      priority: 9,
      delay_seconds: 31_536_000,
      max_attempts: 1,
      timeout_seconds: 1,
      tags: ['b', 'a', 'b'],
    };
    expect(accepted(body)).toEqual({
      type: 'ping',
      queue: 'slow',
      long: false,
      priority: 9,
      availableAt: 1_831_536_000_000,
      maxAttempts: 1,
      timeoutSeconds: 1,
      tags: ['b', 'a', 'b'],
      payload: Buffer.from('[]'),
    });
  });

  test('of any type in a queue that has one of more than 60 s', () => {
    const export_ = { ...report, type: 'export', timeoutSeconds: 61 };
    const checked = draftOf(
      { type: 'ping', payload: 1, queue: 'slow' },
      { ...catalogue, contracts: [...catalogue.contracts, export_] },
      now,
    );
    expect(checked).toMatchObject({ ok: true, value: { queue: 'slow', long: true } });
  });

  test.each<[string, unknown, string]>([
    ['null', null, 'null'],
    ['false', false, 'false'],
    ['0', 0, '0'],
    ['an empty string', '', '""'],
    ['half a surrogate pair, escaped as JSON has it', '\ud83d', '"\\ud83d"'],
    ['an emoji', '😀', '"😀"'],
    ['a member called __proto__', JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
    ['a member called toJSON', { toJSON: 'x' }, '{"toJSON":"x"}'],
  ])('a payload that is %s', (_, payload, json) => {
    expect(Buffer.from(accepted({ type: 'ping', payload }).payload).toString()).toBe(json);
  });

  test('-0 is the priority 0', () => {
    expect(accepted({ type: 'ping', payload: 1, priority: JSON.parse('-0') }).priority === 0).toBe(true);
    expect(accepted({ type: 'ping', payload: 1, priority: JSON.parse('9e0') }).priority).toBe(9);
  });
});

describe('run_at', () => {
  const at = (run_at: string) => accepted({ type: 'ping', payload: 1, run_at }).availableAt;
  test.each([
    ['2027-01-15T09:00:00Z', 1_800_003_600_000],
    ['2027-01-15T10:00:00+01:00', 1_800_003_600_000],
    ['2027-01-15T03:30:00-05:30', 1_800_003_600_000],
    ['2027-01-16T08:59:00+23:59', 1_800_003_600_000],
    ['2027-01-15T09:00:00-00:00', 1_800_003_600_000],
    ['2027-01-15T09:00:00.5Z', 1_800_003_600_500],
    ['2027-01-15T09:00:00.123456789Z', 1_800_003_600_123],
    ['2028-01-15T08:00:00Z', 1_831_536_000_000],
  ])('%s', (text, ms) => {
    expect(at(text)).toBe(ms);
  });

  test.each(['2027-01-15T08:00:00Z', '2020-02-29T00:00:00Z', '0000-01-01T00:00:00Z'])(
    '%s is over: now',
    (text) => {
      expect(at(text)).toBe(1_800_000_000_000);
    },
  );

  test('whatever the schema takes is a time', () => {
    const two = (most: number) =>
      fc.integer({ min: 0, max: most }).map((each) => String(each).padStart(2, '0'));
    const year = fc.integer({ min: 0, max: 9999 }).map((each) => String(each).padStart(4, '0'));
    const zone = fc.oneof(
      fc.constant('Z'),
      fc.tuple(fc.constantFrom('+', '-'), two(24), two(60)).map(([sign, h, m]) => `${sign}${h}:${m}`),
    );
    const text = fc
      .tuple(year, two(13), two(32), two(24), two(60), two(60), zone)
      .map(([y, mo, d, h, mi, s, z]) => `${y}-${mo}-${d}T${h}:${mi}:${s}${z}`);
    fc.assert(
      fc.property(text, (run_at) => {
        const checked = ping({ run_at });
        if (checked.ok) expect(Number.isSafeInteger(checked.value.availableAt)).toBe(true);
        else expect(checked.problem.code).toBe('invalid_request');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('400: the job is not as the API describes it', () => {
  const shape = { path: '', message: 'must be an object' };
  test.each<[string, unknown, object]>([
    ['null', null, shape],
    ['a list', [], shape],
    ['a string', 'job', shape],
    ['a number', 1, shape],
    ['no type', { payload: 1 }, { path: '/type', message: 'is missing' }],
    ['no payload', { type: 'ping' }, { path: '/payload', message: 'is missing' }],
    [
      'a type in capitals',
      { type: 'Ping', payload: 1 },
      { path: '/type', message: 'must match [a-z0-9._-]{1,64}' },
    ],
    [
      'a type with a line behind it',
      { type: 'ping\n', payload: 1 },
      { path: '/type', message: 'must match [a-z0-9._-]{1,64}' },
    ],
    [
      'a type in other letters',
      { type: 'рing', payload: 1 },
      { path: '/type', message: 'must match [a-z0-9._-]{1,64}' },
    ],
  ])('%s', (_, body, fault) => {
    const { code, error, details } = refused(draft(body));
    expect([code, error]).toEqual(['invalid_request', 'the job is not as the API describes it']);
    expect(details).toEqual([fault]);
  });

  test.each<[string, object, string, string]>([
    ['an unknown field', { callback: {} }, '/callback', 'unknown field'],
    ['__proto__', JSON.parse('{"__proto__":{"priority":9}}'), '/__proto__', 'unknown field'],
    ['a field with slashes', { 'a/b~c': 1 }, '/a~1b~0c', 'unknown field'],
    ['a field of 100 characters', { ['x'.repeat(100)]: 1 }, `/${'x'.repeat(64)}…`, 'unknown field'],
    ['a queue that is a number', { queue: 5 }, '/queue', 'must be a string'],
    ['priority 10', { priority: 10 }, '/priority', 'must be at most 9'],
    ['priority -1', { priority: -1 }, '/priority', 'must be at least 0'],
    ['priority 1.5', { priority: 1.5 }, '/priority', 'must be a whole number'],
    ['priority as text', { priority: '5' }, '/priority', 'must be a number'],
    ['priority null', { priority: null }, '/priority', 'must be a number'],
    ['a delay beyond a year', { delay_seconds: 31_536_001 }, '/delay_seconds', 'must be at most 31536000'],
    ['a delay in the past', { delay_seconds: -1 }, '/delay_seconds', 'must be at least 0'],
    ['run_at beyond a year', { run_at: '2028-01-15T08:00:00.001Z' }, '/run_at', 'must be within one year'],
    [
      'run_at without a zone',
      { run_at: '2027-02-01T00:00:00' },
      '/run_at',
      'must be a time such as 2026-01-31T09:30:00Z',
    ],
    [
      'run_at on a day that is none',
      { run_at: '2027-02-29T00:00:00Z' },
      '/run_at',
      'must be a time such as 2026-01-31T09:30:00Z',
    ],
    ['run_at as a number', { run_at: 1_800_000_000_000 }, '/run_at', 'must be a string'],
    [
      'both times',
      { run_at: '2027-02-01T00:00:00Z', delay_seconds: 0 },
      '/run_at',
      'must not stand beside delay_seconds: give one of them',
    ],
    ['no attempt', { max_attempts: 0 }, '/max_attempts', 'must be at least 1'],
    [
      'more attempts than the type has',
      { max_attempts: 4 },
      '/max_attempts',
      'must be at most 3 for type "ping"',
    ],
    [
      'a longer timeout than the type has',
      { timeout_seconds: 21 },
      '/timeout_seconds',
      'must be at most 20 for type "ping"',
    ],
    ['no time at all', { timeout_seconds: 0 }, '/timeout_seconds', 'must be at least 1'],
    ['nine tags', { tags: Array(9).fill('a') }, '/tags', 'must have at most 8 entries'],
    ['an empty tag', { tags: ['a', ''] }, '/tags/1', 'must have 1 to 32 characters'],
    ['a tag of 33', { tags: ['x'.repeat(33)] }, '/tags/0', 'must have 1 to 32 characters'],
    ['a tag of 33 emoji', { tags: ['😀'.repeat(33)] }, '/tags/0', 'must have 1 to 32 characters'],
    ['a tag with half a surrogate pair', { tags: ['a\ud83d'] }, '/tags/0', 'must be well-formed Unicode'],
    ['a tag that is a number', { tags: [1] }, '/tags/0', 'must be a string'],
    ['tags as text', { tags: 'a' }, '/tags', 'must be an array'],
  ])('%s', (_, more, path, message) => {
    expect(refused(ping(more))).toEqual({
      code: 'invalid_request',
      error: 'the job is not as the API describes it',
      details: [{ path, message }],
    });
  });

  test('32 emoji are 32 characters', () => {
    expect(ping({ tags: ['😀'.repeat(32)] }).ok).toBe(true);
  });

  test('the bounds of the type itself are taken, and every fault is told at once', () => {
    expect(ping({ max_attempts: 3, timeout_seconds: 20 }).ok).toBe(true);
    const paths = refused(
      ping({ max_attempts: 4, timeout_seconds: 21, run_at: '2029-01-01T00:00:00Z' }),
    ).details;
    expect(paths?.map(({ path }) => path)).toEqual(['/run_at', '/max_attempts', '/timeout_seconds']);
  });

  test('at most 50 faults are told', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x${index}`, 1]));
    expect(refused(ping(many)).details).toHaveLength(50);
  });
});

describe('422', () => {
  test('an unknown type', () => {
    expect(refused(draft({ type: 'pong', payload: 1 }))).toEqual({
      code: 'unknown_type',
      error: 'there is no job type "pong" in this release',
      details: [{ path: '/type', message: 'must be one of "report", "ping"' }],
    });
  });

  test('an unknown queue', () => {
    expect(refused(ping({ queue: 'fast' }))).toEqual({
      code: 'unknown_queue',
      error: 'there is no queue "fast" in this release',
      details: [{ path: '/queue', message: 'must be one of "slow", "quick"' }],
    });
  });

  test('a queue too short for the type', () => {
    expect(refused(draft({ type: 'report', queue: 'quick', payload: { name: 'abc' } }))).toEqual({
      code: 'unknown_queue',
      error: 'queue "quick" runs shorter jobs than type "report" may need',
      details: [{ path: '/queue', message: 'must be a queue whose types may run 60 s' }],
    });
  });

  test('names that every object has are no types', () => {
    for (const type of ['constructor', '__proto__', 'tostring'])
      expect(refused(draft({ type, payload: 1 })).code).toBe('unknown_type');
  });
});

describe('in the order 413, 400, 422', () => {
  const huge = 'x'.repeat(maxPayloadBytes);
  test('a payload of 1 MiB is taken, a byte more is not', () => {
    expect(draft({ type: 'ping', payload: 'x'.repeat(1_048_574) }).ok).toBe(true);
    expect(refused(draft({ type: 'ping', payload: 'x'.repeat(1_048_575) }))).toEqual({
      code: 'payload_too_large',
      error: 'the payload has 1048577 bytes of JSON; at most 1048576 are taken',
    });
  });
  test('bytes are counted, not characters', () => {
    expect(refused(draft({ type: 'ping', payload: 'ü'.repeat(600_000) })).code).toBe('payload_too_large');
  });
  test('413 before 400 and 422', () => {
    const bad = { type: 'nope', payload: huge, foo: 1 };
    expect(refused(draft(bad)).code).toBe('payload_too_large');
  });
  test('400 before 422', () => {
    expect(refused(draft({ type: 'nope', payload: 1, priority: 10 })).code).toBe('invalid_request');
    expect(refused(draft({ type: 'report', payload: 1, max_attempts: 6 })).code).toBe('invalid_request');
    expect(refused(draft({ type: 'report', queue: 'nope', payload: 1, priority: 10 })).code).toBe(
      'invalid_request',
    );
  });
});

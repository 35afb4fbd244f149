import { describe, expect, test } from 'vitest';
import { ApiError } from '../../client/api-error.ts';
import { decideRetry, exactDelayMs, withRetries } from '../../client/retry.ts';

const patience = { maxAttempts: 3, maxTotalMs: 5000, random: () => 0 };
const error = (status: number, code: string, retryAfterSeconds?: number) =>
  new ApiError(status, code, 'told', retryAfterSeconds === undefined ? {} : { retryAfterSeconds });

describe('what is tried again', () => {
  // status, code, a read or keyed call, retry or cancel
  test.each([
    [0, 'unreachable', true, true],
    [0, 'no_answer', true, false],
    [0, 'no_credentials', false, false],
    [409, 'busy', true, true],
    [429, 'throttled', true, true],
    [429, 'rate_limited', true, true],
    [500, 'internal', true, false],
    [502, 'gateway', true, false],
    [503, 'unavailable', true, false],
    [504, 'gateway', true, false],
    [400, 'invalid_request', false, false],
    [403, 'refused', false, false],
    [404, 'not_found', false, false],
    [409, 'invalid_transition', false, false],
    [409, 'no_result', false, false],
    [410, 'payload_expired', false, false],
    [413, 'payload_too_large', false, false],
    [422, 'idempotency_conflict', false, false],
  ])('%i %s: repeatable %s, else %s', (status, code, repeatable, other) => {
    expect(decideRetry(error(status, code), 1, 0, true, patience).retry).toBe(repeatable);
    expect(decideRetry(error(status, code), 1, 0, false, patience).retry).toBe(other);
  });
});

test('exact delays double from 200 ms to 10 s', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 20].map(exactDelayMs)).toEqual([
    200, 400, 800, 1600, 3200, 6400, 10_000, 10_000,
  ]);
});

test('jitter takes half to all of the delay', () => {
  const delay = (random: number) =>
    decideRetry(error(503, 'unavailable'), 2, 0, true, { ...patience, random: () => random });
  expect(delay(0)).toEqual({ retry: true, delayMs: 200 });
  expect(delay(0.5)).toEqual({ retry: true, delayMs: 300 });
  expect(delay(0.999_999)).toEqual({ retry: true, delayMs: 400 });
});

test("the server's Retry-After is waited out, and a little more", () => {
  expect(decideRetry(error(409, 'busy', 3), 1, 0, true, patience)).toEqual({ retry: true, delayMs: 3100 });
});

test('it ends with the attempts, and when the next try would begin too late', () => {
  expect(decideRetry(error(503, 'unavailable'), 3, 0, true, patience)).toEqual({ retry: false });
  expect(decideRetry(error(503, 'unavailable'), 1, 4900, true, patience).retry).toBe(true);
  expect(decideRetry(error(503, 'unavailable'), 1, 4901, true, patience).retry).toBe(false);
  expect(decideRetry(error(429, 'throttled', 5), 1, 0, true, patience)).toEqual({ retry: false });
});

test('a busy key is waited for until the time is up, not the attempts', () => {
  expect(decideRetry(error(409, 'busy'), 50, 0, true, patience)).toEqual({ retry: true, delayMs: 5000 });
  expect(decideRetry(error(409, 'busy'), 50, 1, true, patience)).toEqual({ retry: false });
});

test('calls are repeated until one succeeds, and the last error is thrown', async () => {
  const slept: number[] = [];
  let now = 0;
  const clock = {
    ...patience,
    now: () => now,
    sleep: async (ms: number) => {
      slept.push(ms);
      now += ms;
    },
  };
  const failing = (times: number) => {
    let calls = 0;
    return async () => {
      calls++;
      if (calls <= times) throw error(503, `call ${calls}`);
      return calls;
    };
  };
  expect(await withRetries(failing(2), true, clock)).toBe(3);
  expect(slept).toEqual([100, 200]);
  await expect(withRetries(failing(3), true, clock)).rejects.toMatchObject({ code: 'call 3' });
});

test('an error that is not of the API is thrown at once', async () => {
  let calls = 0;
  const broken = async () => {
    calls++;
    throw new RangeError('no');
  };
  await expect(
    withRetries(broken, true, { ...patience, now: () => 0, sleep: async () => {} }),
  ).rejects.toThrow('no');
  expect(calls).toBe(1);
});

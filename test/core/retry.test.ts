import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, errorCodes } from '../../core/errors.ts';
import { decideRetry, exactDelayMs, type Failure, maxRetryDelaySeconds } from '../../core/retry.ts';

const failure = (code: ErrorCode, retryAfterSeconds?: number): Failure => ({
  kind: 'transient',
  code,
  cause: 'transient_error',
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
});

/** The delay of a first failure with five attempts left. */
const first = (code: ErrorCode, random: number, asked?: number) =>
  decideRetry(failure(code, asked), 1, 5, random);

describe('the exact delay', () => {
  test.each([
    ['network', 30_000],
    ['database', 60_000],
    ['rate_limit', 300_000],
    ['unavailable', 30_000],
    ['out_of_memory', 120_000],
    ['timeout', 120_000],
    ['unknown', 30_000],
  ] as const)('base of %s: %d ms', (code, ms) => {
    expect(exactDelayMs(failure(code), 1)).toBe(ms);
  });

  test('base of a system error without a code of its own: two minutes', () => {
    expect(exactDelayMs({ kind: 'system', code: 'unknown', cause: 'system_error' }, 1)).toBe(120_000);
  });

  test.each([
    [1, 30_000],
    [2, 60_000],
    [3, 120_000],
    [4, 240_000],
    [5, 480_000],
    [6, 960_000],
    [7, 1_920_000],
    [8, 3_600_000],
    [9, 3_600_000],
    [100, 3_600_000],
  ])('doubles with each attempt: network, attempt %d: %d ms', (attempt, ms) => {
    expect(exactDelayMs(failure('network'), attempt)).toBe(ms);
  });

  test('at most an hour', () => {
    expect(maxRetryDelaySeconds).toBe(3600);
    expect(exactDelayMs(failure('rate_limit'), 5)).toBe(3_600_000);
    expect(exactDelayMs(failure('rate_limit', 86_400), 1)).toBe(3_600_000);
    expect(exactDelayMs(failure('rate_limit', Number.POSITIVE_INFINITY), 1)).toBe(3_600_000);
  });

  test('at least a second, when a server asks for no pause', () => {
    expect(exactDelayMs(failure('rate_limit', 0), 1)).toBe(1_000);
    expect(exactDelayMs(failure('rate_limit', 0.2), 1)).toBe(1_000);
    expect(exactDelayMs(failure('rate_limit', 0), 4)).toBe(8_000);
  });

  test('the server’s word stands for the base, above and below it', () => {
    expect(exactDelayMs(failure('rate_limit', 7), 1)).toBe(7_000);
    expect(exactDelayMs(failure('rate_limit', 7), 2)).toBe(14_000);
    expect(exactDelayMs(failure('network', 1_000), 1)).toBe(1_000_000);
  });
});

describe('jitter', () => {
  test.each([
    [0, 22_500],
    [0.25, 26_250],
    [0.5, 30_000],
    [0.75, 33_750],
  ])('a quarter either way: random %d of 30 s: %d ms', (random, delayMs) => {
    expect(first('network', random)).toEqual({ retry: true, delayMs });
  });

  test.each([
    [0, 10_000],
    [0.5, 11_250],
    [0.8, 12_000],
  ])('upward only from a server’s word: random %d of 10 s: %d ms', (random, delayMs) => {
    expect(first('rate_limit', random, 10)).toEqual({ retry: true, delayMs });
  });

  test('never above the hour', () => {
    expect(decideRetry(failure('network'), 20, 5, 0.999)).toEqual({ retry: true, delayMs: 3_600_000 });
    expect(first('rate_limit', 0.999, 3_600)).toEqual({ retry: true, delayMs: 3_600_000 });
  });

  const transient = fc.constantFrom(...errorCodes);
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const attempt = fc.integer({ min: 1, max: 100 });

  test('every delay is a whole number of ms between 3/4 of a second and an hour', () => {
    fc.assert(
      fc.property(transient, attempt, random, fc.option(fc.double({ min: 0 })), (code, n, roll, asked) => {
        fc.pre(!Number.isNaN(asked));
        const decision = decideRetry(failure(code, asked ?? undefined), n, 1, roll);
        if (!decision.retry) throw new Error('not retried');
        expect(Number.isInteger(decision.delayMs)).toBe(true);
        expect(decision.delayMs).toBeGreaterThanOrEqual(750);
        expect(decision.delayMs).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });

  test('a server that asks for up to an hour is never undercut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_600 }), attempt, random, (seconds, n, roll) => {
        const decision = decideRetry(failure('rate_limit', seconds), n, 1, roll);
        const floorMs = seconds * 1000;
        expect(decision).toMatchObject({ retry: true });
        expect((decision as { delayMs: number }).delayMs).toBeGreaterThanOrEqual(floorMs);
      }),
    );
  });
});

describe('is it tried again', () => {
  test('not when permanent, whatever is left', () => {
    const permanent: Failure = { kind: 'permanent', code: 'unknown', cause: 'permanent_error' };
    expect(decideRetry(permanent, 1, 99, 0.5)).toEqual({ retry: false });
  });

  test('not when no attempt is left', () => {
    expect(decideRetry(failure('network'), 5, 0, 0.5)).toEqual({ retry: false });
    expect(decideRetry(failure('network'), 5, -1, 0.5)).toEqual({ retry: false });
  });

  test('a system error is, while one is left', () => {
    const memory: Failure = { kind: 'system', code: 'out_of_memory', cause: 'system_error' };
    expect(decideRetry(memory, 4, 1, 0.5)).toEqual({ retry: true, delayMs: 960_000 });
  });
});

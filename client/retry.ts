import { ApiError } from './api-error.ts';

/** When to give up, and where time and chance come from. */
export interface Patience {
  /** Tries in all, the first included; not counting a busy key. */
  maxAttempts: number;
  /** No try begins later than this after the first. */
  maxTotalMs: number;
  /** ms since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** 0 ≤ random < 1 */
  random(): number;
}

type RetryDecision = { retry: false } | { retry: true; delayMs: number };

const baseDelayMs = 200;
const maxDelayMs = 10_000;

/**
 * May a failed call be tried again, and after how long.
 * @param attempt the try that failed, 1 for the first
 * @param elapsedMs since the first try began
 * @param repeatable whether a call of unknown outcome may be repeated: reads, and calls with an Idempotency-Key
 */
export function decideRetry(
  error: ApiError,
  attempt: number,
  elapsedMs: number,
  repeatable: boolean,
  patience: Pick<Patience, 'maxAttempts' | 'maxTotalMs' | 'random'>,
): RetryDecision {
  // A broken-off call leaves its key busy for a minute: that is waited out however many tries it takes.
  const spent = attempt >= patience.maxAttempts && error.code !== 'busy';
  if (spent || !(didNothing(error) || (repeatable && isUnknown(error)))) return { retry: false };
  const ownMs = jittered(exactDelayMs(attempt), patience.random());
  const delayMs = error.retryAfterSeconds === undefined ? ownMs : error.retryAfterSeconds * 1000 + ownMs;
  return elapsedMs + delayMs > patience.maxTotalMs ? { retry: false } : { retry: true, delayMs };
}

/** 200 ms, doubled with each try, at most 10 s. */
export function exactDelayMs(attempt: number): number {
  return Math.min(baseDelayMs * 2 ** (attempt - 1), maxDelayMs);
}

/** Between half and all of it, so that clients that failed together do not return together. */
function jittered(exactMs: number, random: number): number {
  return Math.round(exactMs * (0.5 + random / 2));
}

/** Certainly without effect, and different a little later. */
function didNothing({ status, code }: ApiError): boolean {
  return code === 'unreachable' || status === 429 || code === 'busy';
}

/** It may have happened. */
function isUnknown({ status, code }: ApiError): boolean {
  return code === 'no_answer' || status >= 500;
}

/** Calls until it succeeds or `decideRetry` says no; then throws the last error. */
export async function withRetries<T>(
  call: () => Promise<T>,
  repeatable: boolean,
  patience: Patience,
): Promise<T> {
  const startedAt = patience.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const decision = decideRetry(error, attempt, patience.now() - startedAt, repeatable, patience);
      if (!decision.retry) throw error;
      await patience.sleep(decision.delayMs);
    }
  }
}

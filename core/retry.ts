import { type ErrorCode, type ErrorKind, jobErrorFields, propertyOf } from './errors.ts';
import type { FailureCause } from './table.ts';

/** A thrown value, judged: what it is, and how long to wait before it may be tried again. */
export interface Failure {
  kind: ErrorKind;
  code: ErrorCode;
  cause: FailureCause;
  /** Seconds a server asked for: replaces the base delay, and is undercut by nothing but the cap of an hour. */
  retryAfterSeconds?: number;
}

/** Longest delay between two attempts, seconds. */
export const maxRetryDelaySeconds = 3600;
const jitterShare = 0.25;

const baseDelaySeconds: Record<ErrorCode, number> = {
  network: 30,
  database: 60,
  rate_limit: 300,
  unavailable: 30,
  out_of_memory: 120,
  timeout: 120,
  unknown: 30,
  invalid_payload: 0,
  authentication: 0,
  validation: 0,
  rejected: 0,
};

/** A server that asks for no pause, or for one that is over, gets a second: else all attempts were spent at once. */
const minDelaySeconds = 1;

export type RetryDecision = { retry: false } | { retry: true; delayMs: number };

/**
 * May the job be tried again, and when. Permanent errors never; others while an attempt is left.
 * @param attempt the attempt that failed, 1 for the first
 * @param random 0 ≤ random < 1, for the jitter
 */
export function decideRetry(
  failure: Failure,
  attempt: number,
  attemptsLeft: number,
  random: number,
): RetryDecision {
  if (failure.kind === 'permanent' || attemptsLeft <= 0) return { retry: false };
  return { retry: true, delayMs: jittered(exactDelayMs(failure, attempt), failure, random) };
}

/** base × 2^(attempt − 1), at most an hour; the base is the code's, or what the server asked for, at least a second. */
export function exactDelayMs(failure: Failure, attempt: number): number {
  const base = Math.max(failure.retryAfterSeconds ?? baseOf(failure), minDelaySeconds);
  return Math.min(base * 2 ** (attempt - 1), maxRetryDelaySeconds) * 1000;
}

/** A machine that gave out needs its time, whatever the code says. */
function baseOf({ kind, code }: Failure): number {
  return kind === 'system' ? baseDelaySeconds.out_of_memory : baseDelaySeconds[code];
}

/** Up to a quarter either way, so that jobs that failed together do not return together; only upward from a server's word. */
function jittered(exactMs: number, failure: Failure, random: number): number {
  if (failure.retryAfterSeconds === undefined) return jitteredMs(exactMs, random);
  return Math.min(Math.round(exactMs * (1 + random * jitterShare)), maxRetryDelaySeconds * 1000);
}

/** A pause, a quarter longer or shorter at most. */
export function jitteredMs(exactMs: number, random: number): number {
  const share = (2 * random - 1) * jitterShare;
  return Math.min(Math.round(exactMs * (1 + share)), maxRetryDelaySeconds * 1000);
}

/** Names and codes that Node and the AWS SDK give their errors, by what they mean here. Anything else is transient. */
const known: readonly [ErrorKind, ErrorCode, ...names: string[]][] = [
  [
    'transient',
    'network',
    ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT'],
    ...['EHOSTUNREACH', 'ENETUNREACH', 'NetworkingError', 'TimeoutError'],
  ],
  ['transient', 'database', 'ProvisionedThroughputExceededException'],
  [
    'transient',
    'rate_limit',
    ...['ThrottlingException', 'TooManyRequestsException', 'RequestLimitExceeded', 'SlowDown'],
  ],
  ['transient', 'unavailable', 'ServiceUnavailable', 'InternalServerError'],
  ['permanent', 'authentication', 'AccessDenied', 'AccessDeniedException', 'UnrecognizedClientException'],
  ['permanent', 'validation', 'ValidationException'],
  ['system', 'out_of_memory', 'ERR_MEMORY_ALLOCATION_FAILED', 'ERR_WORKER_OUT_OF_MEMORY'],
];

/** What a handler's thrown value means: its own marker first, then the names of Node and the AWS SDK. Never throws. */
export function classify(thrown: unknown): Failure {
  const marked = jobErrorFields(thrown);
  const fields = marked ?? classifyForeign(thrown);
  const cause = fields.code === 'timeout' ? 'timeout' : (`${fields.kind}_error` as const);
  return { ...fields, cause };
}

/** Node's `fetch` throws a TypeError and keeps the system error in `cause`: so that is looked at too. */
function classifyForeign(thrown: unknown): { kind: ErrorKind; code: ErrorCode } {
  const { name, code, cause } = fieldsOf(thrown);
  const { name: innerName, code: innerCode } = fieldsOf(cause);
  for (const said of [code, name, innerCode, innerName])
    for (const [kind, meaning, ...names] of known)
      if (names.some((each) => each === said)) return { kind, code: meaning };
  return { kind: 'transient', code: 'unknown' };
}

function fieldsOf(value: unknown): { name?: unknown; code?: unknown; cause?: unknown } {
  return {
    name: propertyOf(value, 'name'),
    code: propertyOf(value, 'code'),
    cause: propertyOf(value, 'cause'),
  };
}

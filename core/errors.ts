/**
 * What a handler may throw, and how the queue reads it. Errors are told apart by a marker, not by
 * `instanceof`: a bundle may hold two copies of this module, and a marker survives that.
 *
 * - transient: the same job may well succeed later (network, rate limit): it is retried.
 * - permanent: no repeat can help (invalid payload, authentication): it fails at once.
 * - system: the machine gave out (memory, time): it is retried later.
 */
export const errorKinds = ['transient', 'permanent', 'system'] as const;
export type ErrorKind = (typeof errorKinds)[number];

/** The reason, as it stands on the record and in metrics. Never holds anything of the payload. */
export const errorCodes = [
  'network',
  'database',
  'rate_limit',
  'unavailable',
  'invalid_payload',
  'authentication',
  'validation',
  'rejected',
  'out_of_memory',
  'timeout',
  'unknown',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

const marker = 'taskq.error';

export interface JobErrorFields {
  kind: ErrorKind;
  code: ErrorCode;
  /** What a server asked for (its Retry-After), in seconds: the base of the delay in place of the code's own, never undercut. */
  retryAfterSeconds?: number;
}

/** What every error of this module carries under its marker. */
export interface JobErrorOptions {
  retryAfterSeconds?: number;
  cause?: unknown;
}

class JobError extends Error {
  readonly [marker]: JobErrorFields;

  constructor(kind: ErrorKind, code: ErrorCode, message: string, options: JobErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const { retryAfterSeconds } = options;
    this[marker] = { kind, code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }
}

/** May succeed later. Base delay by code: network 30 s, database 60 s, rate_limit 300 s or the server's Retry-After. */
export class TransientError extends JobError {
  override name = 'TransientError';
  constructor(
    message: string,
    code: 'network' | 'database' | 'rate_limit' | 'unavailable' | 'unknown' = 'unknown',
    options: JobErrorOptions = {},
  ) {
    super('transient', code, message, options);
  }
}

/** Cannot succeed however often it is tried: the job fails at once. */
export class PermanentError extends JobError {
  override name = 'PermanentError';
  constructor(
    message: string,
    code: 'invalid_payload' | 'authentication' | 'validation' | 'rejected' | 'unknown' = 'unknown',
    options: JobErrorOptions = {},
  ) {
    super('permanent', code, message, options);
  }
}

/** The machine gave out. Base delay 120 s. */
export class SystemError extends JobError {
  override name = 'SystemError';
  constructor(
    message: string,
    code: 'out_of_memory' | 'timeout' | 'unknown' = 'unknown',
    options: JobErrorOptions = {},
  ) {
    super('system', code, message, options);
  }
}

/**
 * The fields under the marker, or undefined for what is not one of ours. They may come from a
 * handler's own number or from another release: an unknown code is read as `unknown`, and a Retry-After
 * that is no time is left out, because NaN would end in the record's clock. Never throws.
 */
export function jobErrorFields(thrown: unknown): JobErrorFields | undefined {
  const marked = propertyOf(thrown, marker);
  const kind = propertyOf(marked, 'kind');
  const known = errorKinds.find((each) => each === kind);
  if (known === undefined) return undefined;
  const code = propertyOf(marked, 'code');
  const seconds = propertyOf(marked, 'retryAfterSeconds');
  return {
    kind: known,
    code: errorCodes.find((each) => each === code) ?? 'unknown',
    ...(typeof seconds === 'number' && seconds >= 0 ? { retryAfterSeconds: seconds } : {}),
  };
}

/** What a thrown value says: an error's message, else itself as text. Never throws. */
export function saidBy(thrown: unknown): { message: string; stack?: string } {
  const message = propertyOf(thrown, 'message');
  const stack = propertyOf(thrown, 'stack');
  return {
    message: typeof message === 'string' ? message : textOf(message ?? thrown),
    ...(typeof stack === 'string' ? { stack } : {}),
  };
}

/** Anything as text. Never throws: an object without a prototype has no text, nor has one whose `toString` throws. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `${typeof value} without a text`;
  }
}

/** A property of what may be thrown, which is anything; undefined where it cannot be had. Never throws: a getter may, and a Proxy. */
export function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** `instanceof`, for what may be thrown. Never throws: a Proxy may be asked for its prototype. */
export function isA<T>(value: unknown, kind: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof kind;
  } catch {
    return false;
  }
}

import { createHmac } from 'node:crypto';
import type { Sealed } from './table.ts';

/**
 * What `once` has stored for a job: one item for each job that calls it. Its fence is not the record's: an
 * attempt's first `once` raises it to the fence of its claim, and from then on what has a lower one is late.
 */
export interface Effects {
  /** Of the latest attempt that called `once`. */
  fence: number;
  /** Random bytes, made with the item and never changed: the idempotency keys derive from them. */
  seed: Uint8Array;
  /** By key. Each is stored at most once. */
  effects: Record<string, Effect>;
}

/** A value that `once` has stored, and the attempt that stored it. */
export interface Effect extends Sealed {
  fence: number;
  attempt: number;
  /** ms since the epoch. */
  storedAt: number;
}

/** The port to the effects of jobs. */
export interface EffectsStore {
  /** Raises the job's fence, making its item if there is none; what stands there then. Undefined: a later attempt was here. */
  raise(jobId: string, fence: number, seed: Uint8Array): Promise<Effects | undefined>;
  /** Stores an effect under the fence that it names, unless its key has one. What stands there then; undefined: late. */
  store(jobId: string, key: string, effect: Effect): Promise<Effect | undefined>;
  read(jobId: string): Promise<Effects | undefined>;
}

/** So many of so much keep the item below 256 KB of DynamoDB's 400. */
export const maxEffects = 50;
/** Bytes of a value's JSON. */
export const maxEffectBytes = 4096;
export const effectSeedBytes = 16;

/** Begins with a letter or digit: `__proto__` is no key. */
const keyPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

export function isEffectKey(key: string): boolean {
  return keyPattern.test(key);
}

/** What the function is given to pass on: the same for every attempt of the job, and known to nobody without its item. 43 of `[A-Za-z0-9_-]`. */
export function idempotencyKeyOf(seed: Uint8Array, jobId: string, key: string): string {
  return createHmac('sha256', seed)
    .update(JSON.stringify([jobId, key]))
    .digest('base64url');
}

export function effectOf(found: Effects | undefined, key: string): Effect | undefined {
  return found !== undefined && Object.hasOwn(found.effects, key) ? found.effects[key] : undefined;
}

/**
 * What stands after a store that was not applied: also its own value, when it was applied before and the
 * answer was lost. Undefined: a later attempt has begun, or the item is gone.
 */
export function standsAfter(found: Effects | undefined, key: string, mine: Effect): Effect | undefined {
  return found?.fence === mine.fence ? effectOf(found, key) : undefined;
}

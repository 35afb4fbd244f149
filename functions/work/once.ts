import type { JobContext } from '../../core/define.ts';
import { PermanentError } from '../../core/errors.ts';
import {
  type Effect,
  type Effects,
  type EffectsStore,
  effectOf,
  idempotencyKeyOf,
  isEffectKey,
  maxEffectBytes,
  maxEffects,
} from '../../core/once.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import type { Vault } from '../vault.ts';
import { ours } from './ours.ts';

export interface OnceDeps {
  effects: EffectsStore;
  vault: Vault;
  now: () => number;
  /** `effectSeedBytes` random bytes. */
  newSeed: () => Uint8Array;
}

type Perform<T> = (idempotencyKey: string) => T | Promise<T>;

/** A later attempt has called `once`: what this one does is no longer kept. Settles nothing. */
export class LateAttempt extends Error {
  override name = 'LateAttempt';
}

/**
 * `job.once` of one attempt. It raises the fence with its first call, and then calls each key's function
 * at most once at a time.
 * @param onLate told when a later attempt turns out to be at work; the caller of `once` gets the same error
 */
export function onceOf(
  { effects, vault, now, newSeed }: OnceDeps,
  record: JobRecord,
  signal: AbortSignal,
  onLate: (error: LateAttempt) => void,
): JobContext['once'] {
  const { sk: jobId, fence, attempt } = record;
  const as = (key: string) => ({ tenant: tenantOf(record), jobId, field: 'effect', name: key }) as const;
  const calls = new Map<string, Promise<Effect>>();
  /** What is stored or may yet be. */
  const taken = new Set<string>();
  let begun: Promise<Effects> | undefined;

  return async <T>(key: string, perform: Perform<T>): Promise<T> => {
    if (!isEffectKey(key))
      throw new PermanentError(
        'a key of once() must match [A-Za-z0-9][A-Za-z0-9._:-]{0,63}; name the effect and not its data',
        'validation',
      );
    const running = calls.get(key) ?? onlyOnce(key, perform);
    const { value } = (await ours(vault.open(await running, as(key)))) as { value: T };
    return value;
  };

  function onlyOnce(key: string, perform: Perform<unknown>): Promise<Effect> {
    const call = callOf(key, perform);
    calls.set(key, call);
    // What was not stored may be tried again.
    call.catch(() => calls.delete(key));
    return call;
  }

  async function callOf(key: string, perform: Perform<unknown>): Promise<Effect> {
    begun ??= begin();
    const found = await begun;
    const stored = effectOf(found, key);
    if (stored !== undefined) return stored;
    if (taken.size >= maxEffects)
      throw new PermanentError(
        `a job may store ${maxEffects} effects, and "${key}" would be one more; do the rest in a job of its own, or several under one key`,
        'validation',
      );
    // Left behind after its time, a handler must not begin what the next attempt may be doing.
    signal.throwIfAborted();
    taken.add(key);
    try {
      const plain = jsonOf(key, await perform(idempotencyKeyOf(found.seed, jobId, key)));
      const sealed = await ours(vault.seal(plain, as(key)));
      const stands = await ours(effects.store(jobId, key, { ...sealed, fence, attempt, storedAt: now() }));
      return stands ?? late();
    } catch (error) {
      taken.delete(key);
      throw error;
    }
  }

  async function begin(): Promise<Effects> {
    try {
      const found = (await ours(effects.raise(jobId, fence, newSeed()))) ?? late();
      for (const key of Object.keys(found.effects)) taken.add(key);
      return found;
    } catch (error) {
      begun = undefined;
      throw error;
    }
  }

  function late(): never {
    const error = new LateAttempt('a later attempt of this job is at work: nothing of this one is kept');
    onLate(error);
    throw error;
  }
}

/** `{}` for undefined, so that it comes back as what it was. */
function jsonOf(key: string, value: unknown): Buffer {
  const json = stringify(key, value);
  const bytes = Buffer.byteLength(json ?? '');
  if (bytes > maxEffectBytes)
    throw new PermanentError(
      `what once("${key}") returned has ${bytes} bytes of JSON; at most ${maxEffectBytes} are stored. Return only what the rest of the job needs, such as an id`,
      'validation',
    );
  return Buffer.from(json === undefined ? '{}' : `{"value":${json}}`);
}

function stringify(key: string, value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    throw new PermanentError(`once("${key}") returned what JSON cannot hold`, 'validation');
  }
}

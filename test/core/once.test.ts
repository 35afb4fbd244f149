import { describe, expect, test } from 'vitest';
import {
  type Effect,
  type Effects,
  effectOf,
  idempotencyKeyOf,
  isEffectKey,
  maxEffectBytes,
  maxEffects,
  standsAfter,
} from '../../core/once.ts';
import { effectsKey, itemSize } from '../../core/table.ts';
import { jobId, now, sealed } from './a-job.ts';

const seed = Uint8Array.from({ length: 16 }, (_, index) => index);
const mine: Effect = { ...sealed, fence: 3, attempt: 2, storedAt: now };
const earlier: Effect = { ...mine, fence: 1, attempt: 1 };
const found = (fence: number, effects: Effects['effects'] = {}): Effects => ({ fence, seed, effects });

test('lies in the partition of the job’s sealed values', () => {
  expect(effectsKey(jobId)).toEqual({ pk: `p#${jobId}`, sk: 'effects' });
});

describe('a key', () => {
  test.each(['a', '0', 'charge', 'order.17:mail_to-B', 'k'.repeat(64)])('%s', (key) => {
    expect(isEffectKey(key)).toBe(true);
  });
  test.each(['', '_a', '.a', '-a', '__proto__', 'a b', 'a/b', 'a#b', 'ä', 'a\n', 'k'.repeat(65)])(
    '%j is none',
    (key) => {
      expect(isEffectKey(key)).toBe(false);
    },
  );
});

describe('the key to pass on', () => {
  test('is a pure function of seed, job and key, as another implementation has it', () => {
    expect(idempotencyKeyOf(seed, jobId, 'charge')).toBe('dbzeq6drlavAMVkOcePi6ETDpaZWS7hwUMXaRrmhRfg');
  });

  test('is another for each of them', () => {
    const other = Uint8Array.from(seed).fill(1);
    const keys = [
      idempotencyKeyOf(seed, jobId, 'charge'),
      idempotencyKeyOf(other, jobId, 'charge'),
      idempotencyKeyOf(seed, jobId.replace(/5$/, '6'), 'charge'),
      idempotencyKeyOf(seed, jobId, 'refund'),
    ];
    expect(new Set(keys).size).toBe(4);
  });
});

test('what is stored is found by its own key, never by a name that objects have', () => {
  expect(effectOf(found(1, { charge: earlier }), 'charge')).toBe(earlier);
  expect(effectOf(found(1), 'constructor')).toBeUndefined();
  expect(effectOf(undefined, 'charge')).toBeUndefined();
});

describe('a store that was not applied', () => {
  test.each<[string, Effects | undefined, Effect | undefined]>([
    ['my fence, my value: applied before, its answer lost', found(3, { charge: mine }), mine],
    ['my fence, an earlier value', found(3, { charge: earlier }), earlier],
    ['a higher fence: late', found(4), undefined],
    ['a higher fence over my own value: late all the same', found(4, { charge: mine }), undefined],
    ['a lower fence: never raised', found(2), undefined],
    ['no item', undefined, undefined],
  ])('%s', (_, item, stands) => {
    expect(standsAfter(item, 'charge', mine)).toBe(stands);
  });
});

test('the most there may be fits an item of 400 KB, with room for another release to add to it', () => {
  expect([maxEffects, maxEffectBytes]).toEqual([50, 4096]);
  // The key, and 10 bytes of JSON around the value.
  const largest = { ...mine, data: new Uint8Array(4106) };
  const effects = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [String(index).padStart(64, 'k'), largest]),
  );
  const bytes = itemSize({ ...effectsKey(jobId), v: 1, ...found(3, effects), expiresAt: now / 1000 });
  expect(bytes).toBeLessThan(256 * 1024);
});

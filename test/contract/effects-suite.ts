import { beforeAll, describe, expect, it } from 'vitest';
import type { Effect, EffectsStore } from '../../core/once.ts';
import { aJobId, sealedBytes } from '../support/a-job.ts';
import { start } from '../support/clock.ts';

const seed = new Uint8Array(16).fill(5);
const otherSeed = new Uint8Array(16).fill(6);
let ivs = 0;

/** An effect of an attempt; no two are sealed alike. */
function anEffect(fence: number, bytes = 20): Effect {
  ivs++;
  return { ...sealedBytes(bytes), iv: new Uint8Array(12).fill(ivs), fence, attempt: fence, storedAt: start };
}

/** What every EffectsStore does, the in-memory one and the real one alike. */
export function describeEffects(open: () => Promise<EffectsStore>): void {
  let store: EffectsStore;
  beforeAll(async () => {
    store = await open();
  });

  describe('effects', () => {
    it('a job that never called once has none', async () => {
      expect(await store.read(aJobId())).toBeUndefined();
    });

    it('the first raise makes the item, with its seed and no effect', async () => {
      const id = aJobId();
      expect(await store.raise(id, 1, seed)).toMatchObject({ fence: 1, seed, effects: {} });
      expect(await store.read(id)).toMatchObject({ fence: 1, seed, effects: {} });
    });

    it('a later raise keeps the seed and shows what is stored', async () => {
      const id = aJobId();
      await store.raise(id, 1, seed);
      const effect = anEffect(1);
      expect(await store.store(id, 'charge', effect)).toMatchObject(effect);
      expect(await store.raise(id, 4, otherSeed)).toMatchObject({
        fence: 4,
        seed,
        effects: { charge: effect },
      });
    });

    it('a raise sent again, its answer lost, finds its own fence', async () => {
      const id = aJobId();
      await store.raise(id, 2, seed);
      expect(await store.raise(id, 2, otherSeed)).toMatchObject({ fence: 2, seed });
    });

    it('a lower fence is refused from then on, and changes nothing', async () => {
      const id = aJobId();
      await store.raise(id, 1, seed);
      await store.raise(id, 2, seed);
      expect(await store.raise(id, 1, seed)).toBeUndefined();
      expect(await store.store(id, 'charge', anEffect(1))).toBeUndefined();
      expect(await store.read(id)).toMatchObject({ fence: 2, effects: {} });
    });

    it('a fence that was never raised stores nothing', async () => {
      const id = aJobId();
      expect(await store.store(id, 'charge', anEffect(1))).toBeUndefined();
      expect(await store.read(id)).toBeUndefined();
      await store.raise(id, 1, seed);
      expect(await store.store(id, 'charge', anEffect(2))).toBeUndefined();
      expect((await store.read(id))?.effects).toEqual({});
    });

    it('a store sent again, its answer lost, is answered with its own effect', async () => {
      const id = aJobId();
      await store.raise(id, 1, seed);
      const effect = anEffect(1);
      await store.store(id, 'charge', effect);
      expect(await store.store(id, 'charge', effect)).toMatchObject(effect);
    });

    it('a key is stored once: what came later is answered with what stands', async () => {
      const id = aJobId();
      await store.raise(id, 1, seed);
      const first = anEffect(1);
      await store.store(id, 'charge', first);
      expect(await store.store(id, 'charge', anEffect(1))).toMatchObject(first);
      expect(await store.read(id)).toMatchObject({ effects: { charge: first } });
    });

    it('two keys at once, and two of one key at once: one of each stands', async () => {
      const id = aJobId();
      await store.raise(id, 1, seed);
      const [a, b, c] = [anEffect(1), anEffect(1), anEffect(1)];
      const [first, second] = await Promise.all([
        store.store(id, 'a', a),
        store.store(id, 'a', b),
        store.store(id, 'c', c),
      ]);
      const found = await store.read(id);
      expect(Object.keys(found?.effects ?? {}).sort()).toEqual(['a', 'c']);
      expect(first).toMatchObject(found?.effects.a ?? {});
      expect(second).toMatchObject(found?.effects.a ?? {});
    });

    it('a late store beside the next raise: kept before it, or refused', async () => {
      const id = aJobId();
      await store.raise(id, 1, seed);
      const effect = anEffect(1);
      const [stored, raised] = await Promise.all([
        store.store(id, 'charge', effect),
        store.raise(id, 2, seed),
      ]);
      expect((await store.read(id))?.effects).toEqual(raised?.effects);
      if (stored !== undefined) expect(raised?.effects.charge).toMatchObject(effect);
    });

    it('keys of every character that is allowed, and names that objects have', async () => {
      const id = aJobId();
      await store.raise(id, 1, seed);
      const keys = ['order.create:1_a-B', 'constructor', 'fence', '0', 'k'.repeat(64)];
      const effects = keys.map(() => anEffect(1));
      for (const [index, key] of keys.entries()) await store.store(id, key, effects[index]!);
      const found = await store.read(id);
      expect(Object.keys(found?.effects ?? {}).sort()).toEqual([...keys].sort());
      for (const [index, key] of keys.entries()) expect(found?.effects[key]).toMatchObject(effects[index]!);
    });

    it('the most there may be: 50 of 4 KB', async () => {
      const id = aJobId();
      await store.raise(id, 1, seed);
      for (let index = 0; index < 50; index++)
        expect(await store.store(id, `${'k'.repeat(60)}${index}`, anEffect(1, 4_096 + 10))).toBeDefined();
      expect(Object.keys((await store.read(id))?.effects ?? {})).toHaveLength(50);
    });

    it('two jobs have two items', async () => {
      const [a, b] = [aJobId(), aJobId()];
      await store.raise(a, 5, seed);
      expect(await store.raise(b, 1, otherSeed)).toMatchObject({ fence: 1, seed: otherSeed });
    });
  });
}

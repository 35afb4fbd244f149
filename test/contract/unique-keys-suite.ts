import { beforeAll, describe, expect, it } from 'vitest';
import type { Workflows } from '../../functions/workflows.ts';
import { aJobId } from '../support/a-job.ts';

const tenant = 'acme';

/** What every store does with the unique keys of workflows. */
export function describeUniqueKeys(open: () => Promise<Workflows>): void {
  let store: Workflows;
  beforeAll(async () => {
    store = await open();
  });

  describe('unique keys of workflows', () => {
    it('a unique key is held by one, and taken over only from whom it was seen with', async () => {
      const key = { pk: `wk#${tenant}#${aJobId()}`, sk: 'key' };
      expect(await store.holdKey(key, 'one', 5)).toBeUndefined();
      expect(await store.holdKey(key, 'one', 6)).toBeUndefined();
      const one = { workflow: 'one', heldAt: 6, revision: 2 };
      expect(await store.holdKey(key, 'two', 7)).toEqual(one);
      expect(await store.holdKey(key, 'two', 7, { ...one, workflow: 'three' })).toEqual(one);
      expect(await store.holdKey(key, 'two', 7, one)).toBeUndefined();
      expect(await store.holdKey(key, 'one', 8)).toEqual({ workflow: 'two', heldAt: 7, revision: 3 });
    });

    it('a unique key that its holder has taken again since is not taken over', async () => {
      const key = { pk: `wk#${tenant}#${aJobId()}`, sk: 'key' };
      await store.holdKey(key, 'one', 5);
      const seen = await store.holdKey(key, 'two', 6);
      await store.holdKey(key, 'one', 5);
      expect(await store.holdKey(key, 'two', 7, seen)).toEqual({ workflow: 'one', heldAt: 5, revision: 2 });
    });

    it('a unique key goes with the workflow that holds it, and stays with the next', async () => {
      const key = { pk: `wk#${tenant}#${aJobId()}`, sk: 'key' };
      await store.holdKey(key, 'one', 5);
      await store.expireKey(key, 'two', 1_900_000_000);
      expect(await store.holdKey(key, 'two', 5)).toEqual({ workflow: 'one', heldAt: 5, revision: 1 });
      await store.expireKey(key, 'one', 1_900_000_000);
      const ended = { workflow: 'one', heldAt: 5, revision: 1, expiresAt: 1_900_000_000 };
      expect(await store.holdKey(key, 'two', 5)).toEqual(ended);
      expect(await store.holdKey(key, 'two', 5, ended)).toBeUndefined();
      expect(await store.holdKey(key, 'one', 5)).toEqual({ workflow: 'two', heldAt: 5, revision: 2 });
    });
  });
}

import { beforeAll, describe, expect, it } from 'vitest';
import type { DedupeItem } from '../../core/dedupe.ts';
import type { DedupeStore } from '../../functions/enqueue/dedupe.ts';
import { start } from '../support/clock.ts';

/** A day and an hour after `start`, in seconds. */
const dayLater = 1_795_431_600;
let keys = 0;

function anItem(fields: Partial<DedupeItem> = {}): DedupeItem {
  keys++;
  return {
    pk: `k#acme#${keys}`,
    sk: 'key',
    v: 1,
    body: 'hash-of-the-body',
    at: start,
    again: {},
    revision: 0,
    expiresAt: dayLater,
    ...fields,
  };
}

/** What every DedupeStore does, the in-memory one and the real one alike. */
export function describeDedupeStore(open: () => Promise<DedupeStore>): void {
  let store: DedupeStore;
  beforeAll(async () => {
    store = await open();
  });

  describe('idempotency keys', () => {
    it('a free key is held', async () => {
      expect(await store.hold(anItem(), start)).toBeUndefined();
    });

    it('a held key shows its holder, and keeps it', async () => {
      const first = anItem({ again: { 3: { generation: 2, at: start } } });
      await store.hold(first, start);
      expect(await store.hold({ ...first, body: 'another', again: {} }, start)).toEqual(first);
      expect(await store.hold({ ...first, body: 'a third' }, start)).toEqual(first);
    });

    it('is found while it is held, and until the second it expires', async () => {
      const item = anItem();
      expect(await store.find(item, start)).toBeUndefined();
      await store.hold(item, start);
      expect(await store.find(item, dayLater * 1000 - 1)).toEqual(item);
      expect(await store.find(item, dayLater * 1000)).toBeUndefined();
    });

    it('two at once: one holds, the other sees it', async () => {
      const item = anItem();
      const [a, b] = await Promise.all([
        store.hold({ ...item, body: 'a' }, start),
        store.hold({ ...item, body: 'b' }, start),
      ]);
      expect([a, b].filter((each) => each === undefined)).toHaveLength(1);
      expect((a ?? b)?.body).toBe(a === undefined ? 'a' : 'b');
    });

    it('is free again in the second it expires, and not before, though nothing deleted it', async () => {
      const item = anItem();
      await store.hold(item, start);
      expect(await store.hold(item, dayLater * 1000 - 1)).toEqual(item);
      expect(await store.hold({ ...item, body: 'later' }, dayLater * 1000)).toBeUndefined();
    });

    it('is replaced only from the revision before', async () => {
      const item = anItem();
      await store.hold(item, start);
      const next = { ...item, revision: 1, again: { 0: { generation: 1, at: start + 61_000 } } };
      expect(await store.replace({ ...next, revision: 2 })).toBe(false);
      expect(await store.hold(item, start)).toEqual(item);
      expect(await store.replace(next)).toBe(true);
      expect(await store.replace({ ...next, body: 'too late' })).toBe(false);
      expect(await store.hold(item, start)).toEqual(next);
    });

    it('is replaced by a write that was sent twice, its first answer lost', async () => {
      const item = anItem();
      await store.hold(item, start);
      const next = { ...item, revision: 1, again: { 0: { generation: 1, at: start + 61_000 } } };
      expect(await store.replace(next)).toBe(true);
      expect(await store.replace(next)).toBe(true);
    });

    it('that nobody holds is not replaced', async () => {
      expect(await store.replace(anItem({ revision: 1 }))).toBe(false);
    });
  });
}

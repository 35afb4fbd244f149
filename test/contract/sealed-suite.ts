import { beforeAll, describe, expect, it } from 'vitest';
import type { SealedStore } from '../../functions/vault.ts';
import { aJobId, sealedBytes } from '../support/a-job.ts';

/** What every SealedStore does with items, the in-memory one and the real one alike. */
export function describeSealedItems(open: () => Promise<SealedStore>): void {
  let store: SealedStore;
  beforeAll(async () => {
    store = await open();
  });

  describe('sealed items', () => {
    it('come back as they went, to 8 KB, in the order asked for', async () => {
      const jobId = aJobId();
      const [small, large] = [sealedBytes(1), sealedBytes(8 * 1024)];
      await store.putItems([
        { jobId, name: 'payload#a', sealed: small },
        { jobId, name: 'result#b', sealed: large },
      ]);
      const names = ['result#b', 'none', 'payload#a'].map((name) => ({ jobId, name }));
      const found = await store.getItems(names);
      expect(found[0]).toMatchObject(large);
      expect(found[1]).toBeUndefined();
      expect(found[2]).toMatchObject(small);
    });

    it('of two jobs under one name are two', async () => {
      const [a, b] = [aJobId(), aJobId()];
      await store.putItems([
        { jobId: a, name: 'payload#x', sealed: sealedBytes(1) },
        { jobId: b, name: 'payload#x', sealed: sealedBytes(2) },
      ]);
      const found = await store.getItems([a, b].map((jobId) => ({ jobId, name: 'payload#x' })));
      expect(found.map((each) => each?.data.length)).toEqual([1, 2]);
    });

    it('are written 25 and read 100 in a call', async () => {
      const names = Array.from({ length: 100 }, () => ({ jobId: aJobId(), name: 'result#x' }));
      for (let from = 0; from < 100; from += 25) {
        const part = names.slice(from, from + 25);
        await store.putItems(part.map((each, index) => ({ ...each, sealed: sealedBytes(from + index + 1) })));
      }
      const found = await store.getItems(names);
      expect(found.map((each) => each?.data.length)).toEqual(names.map((_, index) => index + 1));
    });

    it('of one job are listed by the start of their name, in its order', async () => {
      const jobId = aJobId();
      const item = (name: string, bytes: number) => ({ jobId, name, sealed: sealedBytes(bytes) });
      await store.putItems([item('error#000010', 10), item('payload#a', 3), item('error#000002', 2)]);
      await store.putItems([{ ...item('error#000001', 1), jobId: aJobId() }]);
      expect((await store.listItems(jobId, 'error#')).map((each) => each.data.length)).toEqual([2, 10]);
      expect(await store.listItems(aJobId(), 'error#')).toEqual([]);
    });
  });
}

/** What every SealedStore does with objects. */
export function describeSealedObjects(open: () => Promise<SealedStore>): void {
  let store: SealedStore;
  beforeAll(async () => {
    store = await open();
  });

  describe('sealed objects', () => {
    it('come back byte by byte; what is not there is undefined', async () => {
      const body = new Uint8Array(70_000).map((_, index) => index % 251);
      await store.putObject('sealed/acme/job/payload-x', body);
      const found = await store.getObject('sealed/acme/job/payload-x');
      expect(Buffer.from(found ?? []).equals(body)).toBe(true);
      expect(await store.getObject('sealed/acme/job/payload-y')).toBeUndefined();
    });
  });
}

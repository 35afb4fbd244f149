import { beforeAll, describe, expect, it } from 'vitest';
import { beginning, type OperationProgress } from '../../core/operation.ts';
import type { Checkpoints } from '../../functions/operate/checkpoints.ts';
import { aJobId } from '../support/a-job.ts';

/** What every store of operations' progress does, the in-memory one and the real one alike. */
export function describeCheckpoints(open: () => Promise<Checkpoints>): void {
  let store: Checkpoints;
  beforeAll(async () => {
    store = await open();
  });
  const progress = (fields: Partial<OperationProgress> = {}): OperationProgress => ({
    ...beginning,
    ...fields,
  });

  describe('checkpoints', () => {
    it('come back as they went; there is none before the first', async () => {
      const jobId = aJobId();
      expect(await store.load(jobId)).toBeUndefined();
      const counts = { completed: 0, failed: 1, open: 0 };
      const canary = { size: 1, ids: [aJobId()], verdict: 'stopped' as const, ...counts };
      const first = { revision: 1, by: 'a', progress: progress({ begun: [aJobId()], canary }) };
      expect(await store.save(jobId, first)).toBe(true);
      expect(await store.load(jobId)).toEqual(first);
      const second = { revision: 2, by: 'b', progress: progress({ phase: 'end' }) };
      expect(await store.save(jobId, second)).toBe(true);
      expect(await store.load(jobId)).toEqual(second);
    });

    it('of two attempts that go on from one revision, one is stored', async () => {
      const jobId = aJobId();
      const saved = (revision: number, by: string) =>
        store.save(jobId, { revision, by, progress: progress() });
      expect([await saved(1, 'a'), await saved(1, 'b')]).toEqual([true, false]);
      expect([await saved(2, 'b'), await saved(2, 'a'), await saved(1, 'a')]).toEqual([true, false, false]);
      expect(await saved(4, 'b')).toBe(false);
      expect(await store.load(jobId)).toMatchObject({ revision: 2, by: 'b' });
    });

    it('sent twice are stored once, and that is known', async () => {
      const jobId = aJobId();
      const first = { revision: 1, by: 'a', progress: progress() };
      expect([await store.save(jobId, first), await store.save(jobId, first)]).toEqual([true, true]);
    });
  });
}

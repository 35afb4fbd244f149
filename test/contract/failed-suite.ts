import { beforeAll, describe, expect, it } from 'vitest';
import type { FailedEntry, JobStore } from '../../core/change.ts';
import { aJob, aJobId } from '../support/a-job.ts';
import { start } from '../support/clock.ts';

/** What every JobStore tells of failed jobs, the in-memory one and the real one alike. */
export function describeFailedJobs(open: () => Promise<JobStore>): void {
  let store: JobStore;
  beforeAll(async () => {
    store = await open();
  });

  describe('failed jobs', () => {
    it('say what they are grouped by, page by page, also those of one moment', async () => {
      const tenant = 'attention-failed';
      const at = (attentionAt: number, fields: Partial<FailedEntry> = {}) =>
        aJob({ tenant, status: 'failed', sk: aJobId({ shard: 1 }), attentionAt, ...fields });
      const told = { fingerprint: '57d20ae1b6927b3b', queue: 'webhooks', tags: ['import'] };
      const first = at(start, told);
      const rest = [at(start), at(start), at(start + 1), at(start + 2), at(start + 3)];
      await store.insert([...rest, first]);
      const all = { partition: `${tenant}#failed#1`, since: start, until: start + 3, limit: 9 };
      await expect.poll(async () => (await store.failed(all)).length).toBe(5);
      const [one, two, three, ...later] = await store.failed(all);
      expect([one, two, three].find((each) => each?.sk === first.sk)).toMatchObject({
        ...{ pk: first.pk, sk: first.sk, attentionAt: start, type: 'echo' },
        ...told,
      });
      expect(later.map(({ sk }) => sk)).toEqual([rest[2]?.sk, rest[3]?.sk]);
      const page = await store.failed({ ...all, after: two!, limit: 2 });
      expect(page.map(({ sk }) => sk)).toEqual([three?.sk, rest[2]?.sk]);
      expect(await store.failed({ ...all, after: later[1]! })).toEqual([]);
      expect(await store.failed({ ...all, since: start + 3 })).toEqual([]);
    });
  });
}

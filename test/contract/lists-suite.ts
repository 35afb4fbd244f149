import { beforeAll, describe, expect, it } from 'vitest';
import type { JobStore } from '../../core/change.ts';
import { claimChange } from '../../core/claim.ts';
import { listFilterOf } from '../../core/list.ts';
import type { JobRecord } from '../../core/table.ts';
import { listJobs } from '../../functions/manage/list.ts';
import { aJob, aJobId, sealedBytes } from '../support/a-job.ts';
import { start } from '../support/clock.ts';

const holder = { owner: 'mine', leaseMs: 65_000, codeVersion: '2.0.0' };
const message = { messageId: 'm1', sentAt: start, receiveCount: 1, quarantine: false };
const claimOf = (record: JobRecord) => claimChange(record, message, holder, 1, start);

/** A shard's records backwards, and the lists that are made of them. */
export function describeLists(open: () => Promise<JobStore>): void {
  let store: JobStore;
  beforeAll(async () => {
    store = await open();
  });

  describe('newest', () => {
    const minuteMs = 60_000;
    const { before, after: oldest } = everything();
    const shard = async (tenant: string, count: number) => {
      const jobs = Array.from({ length: count }, (_, index) =>
        aJob({ tenant, sk: aJobId({ at: start + index * minuteMs, shard: 5 }) }),
      );
      await store.insert(jobs);
      await store.insert([aJob({ tenant, sk: aJobId({ shard: 6 }) })]);
      return { jobs, ids: jobs.map((each) => each.sk), pk: `${tenant}#5` };
    };

    it('gives a shard backwards, whole records, no other shard', async () => {
      const { jobs, pk } = await shard('newest-whole', 3);
      const found = await store.newest({ pk, before, after: oldest, limit: 10 });
      expect(found).toEqual(jobs.toReversed());
    });

    it('takes both bounds in, and no more than the limit', async () => {
      const { ids, pk } = await shard('newest-bounds', 6);
      const between = async (after: number, before: number, limit: number) => {
        const found = await store.newest({ pk, after: ids[after] ?? '', before: ids[before] ?? '', limit });
        return found.map(({ sk }) => ids.indexOf(sk));
      };
      expect(await between(1, 4, 10)).toEqual([4, 3, 2, 1]);
      expect(await between(1, 4, 2)).toEqual([4, 3]);
      expect(await between(3, 3, 10)).toEqual([3]);
    });

    it('gives what was asked for although DynamoDB ends a page at 1 MB', async () => {
      const jobs = Array.from({ length: 8 }, (_, index) =>
        aJob({
          tenant: 'newest-large',
          sk: aJobId({ at: start + index * minuteMs, shard: 5 }),
          payload: sealedBytes(300_000),
        }),
      );
      for (const each of jobs) await store.insert([each]);
      const ids = async (limit: number) =>
        (await store.newest({ pk: 'newest-large#5', before, after: oldest, limit })).map(({ sk }) => sk);
      const newestFirst = jobs.map(({ sk }) => sk).toReversed();
      expect(await ids(8)).toEqual(newestFirst);
      expect(await ids(100)).toEqual(newestFirst);
      expect(await ids(5)).toEqual(newestFirst.slice(0, 5));
    });

    it('lists a tenant page by page: every job once, newest first, whatever the filter', async () => {
      const tenant = 'newest-list';
      const jobs = Array.from({ length: 60 }, (_, index) =>
        aJob({
          tenant,
          sk: aJobId({ at: start + index * minuteMs, shard: (index * 5) % 8 }),
          priority: index % 3,
        }),
      );
      await store.insert(jobs);
      await store.change(jobs.filter((_, index) => index % 3 === 0).map(claimOf));
      const pages = async (query: Record<string, string[]>) => {
        const seen: string[][] = [];
        for (let cursor: string | undefined = ''; cursor !== undefined; ) {
          const filter = listFilterOf({ ...query, ...(cursor === '' ? {} : { cursor: [cursor] }) });
          if (!filter.ok) throw new Error(filter.problem.error);
          const page = await listJobs(store, tenant, filter.value);
          seen.push(page.records.map(({ sk }) => sk));
          cursor = page.cursor;
        }
        return seen;
      };
      const newestFirst = jobs.map(({ sk }) => sk).toReversed();
      const all = await pages({ limit: ['25'] });
      expect(all.map((page) => page.length)).toEqual([25, 25, 10]);
      expect(all.flat()).toEqual(newestFirst);
      const running = await pages({ limit: ['7'], status: ['running'] });
      expect(running.flat()).toEqual(newestFirst.filter((_, index) => (59 - index) % 3 === 0));
    });

    it('is empty when the bounds cross, and for a shard without jobs', async () => {
      const { ids, pk } = await shard('newest-crossed', 2);
      const crossed = { pk, after: ids[1] ?? '', before: ids[0] ?? '', limit: 10 };
      expect(await store.newest(crossed)).toEqual([]);
      expect(await store.newest({ pk: 'nobody#0', before, after: oldest, limit: 10 })).toEqual([]);
    });
  });
}

/** The bounds of a list without any. */
function everything(): { before: string; after: string } {
  const filter = listFilterOf({});
  if (!filter.ok) throw new Error(filter.problem.error);
  return filter.value;
}

import { beforeAll, describe, expect, it } from 'vitest';
import type { AttentionEntry, JobStore } from '../../core/change.ts';
import { idFloor } from '../../core/id.ts';
import { jobStates } from '../../core/state.ts';
import type { JobRecord } from '../../core/table.ts';
import type { WalkCursor } from '../../core/walk.ts';
import type { WalkCursors, WalkedShards } from '../../functions/release/walk.ts';
import { aJob, aJobId, sealedBytes } from '../support/a-job.ts';
import { start } from '../support/clock.ts';

export interface WalkUnderTest {
  jobs: JobStore;
  shards: WalkedShards;
  cursors: WalkCursors;
  tenants: { register(tenant: string): Promise<void>; list(): Promise<string[]> };
}

/** What `release` reads and remembers, the in-memory stores and the real ones alike. */
export function describeWalk(open: () => Promise<WalkUnderTest>): void {
  let on: WalkUnderTest;
  beforeAll(async () => {
    on = await open();
  });
  const second = 1_000;
  const job = (tenant: string, atSecond: number, fields: Parameters<typeof aJob>[0] = {}) =>
    aJob({ tenant, sk: aJobId({ at: start + atSecond * second, shard: 4 }), ...fields });
  const between = (tenant: string, from: number, to: number) => ({
    pk: `${tenant}#4`,
    after: idFloor(from),
    before: idFloor(to),
  });

  describe('a walked shard', () => {
    it('answers what is neither final nor in attention, whole, oldest first; it has looked at all', async () => {
      const tenant = 'walk-states';
      const inAttention = job(tenant, 0, { attention: 'due#07', attentionAt: start });
      const others = jobStates.map((status, index) => job(tenant, index + 1, { status }));
      await on.jobs.insert([...others].reverse());
      await on.jobs.insert([inAttention, { ...job(tenant, 20), status: 'void' }]);
      const { records, looked, next } = await on.shards.unwatched(between(tenant, 0, start + 60 * second));
      expect(records).toEqual(others.filter(({ status }) => /wait|sched|pend|retry|run/.test(status)));
      expect(records).toHaveLength(5);
      expect([looked, next]).toEqual([others.length + 2, undefined]);
    });

    it('begins behind a key, also one that never was, and ends before another', async () => {
      const tenant = 'walk-bounds';
      const jobs = [0, 1, 2, 3].map((each) => job(tenant, each));
      await on.jobs.insert(jobs);
      const walked = async (from: number, to: number) =>
        (await on.shards.unwatched(between(tenant, start + from, start + to))).records.map(({ sk }) => sk);
      expect(await walked(1_000, 3_000)).toEqual([jobs[1]?.sk, jobs[2]?.sk]);
      expect(await walked(500, 1_001)).toEqual([jobs[1]?.sk]);
      const behind = { pk: `${tenant}#4`, after: jobs[1]?.sk ?? '', before: idFloor(start + 60 * second) };
      expect((await on.shards.unwatched(behind)).records.map(({ sk }) => sk)).toEqual([
        jobs[2]?.sk,
        jobs[3]?.sk,
      ]);
    });

    it('is empty when the bounds meet or cross, and where there is none', async () => {
      const nothing = { records: [], looked: 0 };
      expect(await on.shards.unwatched(between('walk-bounds', start, start))).toEqual(nothing);
      expect(await on.shards.unwatched(between('walk-bounds', start + 1, start))).toEqual(nothing);
      expect(await on.shards.unwatched(between('nobody', 0, start))).toEqual(nothing);
    });

    it('is read page by page, each record once', async () => {
      const tenant = 'walk-pages';
      // 100 KB each, so that DynamoDB ends a page.
      const jobs = Array.from({ length: 25 }, (_, index) =>
        job(tenant, index, {
          payload: sealedBytes(100_000),
          ...(index % 3 === 0 ? { status: 'completed' } : {}),
        }),
      );
      await on.jobs.insert(jobs);
      const seen: JobRecord[] = [];
      let query = between(tenant, 0, start + 60 * second);
      let [looked, pages] = [0, 0];
      for (;;) {
        const page = await on.shards.unwatched(query);
        seen.push(...page.records);
        looked += page.looked;
        pages++;
        if (page.next === undefined) break;
        query = { ...query, after: page.next };
      }
      expect(seen.map(({ sk }) => sk)).toEqual(
        jobs.filter(({ status }) => status === 'pending').map(({ sk }) => sk),
      );
      expect(looked).toBe(25);
      expect(pages).toBeGreaterThan(1);
    });
  });

  it('cursors stand as they were last written, none before', async () => {
    expect(await on.cursors.read()).toEqual(Array(8).fill(undefined));
    const written = Array.from(
      { length: 8 },
      (_, group): WalkCursor => ({
        walkedTo: start + group,
        ahead: group === 3 ? { 'acme#0': start + 60_000, 'a-b-c#15': 0 } : {},
      }),
    );
    await on.cursors.write(written);
    expect(await on.cursors.read()).toEqual(written);
  });

  it('tenants are known once each, however often they are noted', async () => {
    for (const each of ['acme', 'globex', 'acme']) await on.tenants.register(each);
    expect((await on.tenants.list()).sort()).toEqual(['acme', 'globex']);
  });

  it('entries of attention are read on behind the last one, also among those of the same time', async () => {
    const partition = 'due#60';
    const entryAt = (at: number) =>
      job('walk-due', 0, { attention: partition, attentionAt: start - 90_000 + at });
    const jobs = [0, 1, 1, 1, 1, 1, 2].map(entryAt);
    await on.jobs.insert(jobs);
    const read = (limit: number, after?: AttentionEntry) =>
      on.jobs.attention({
        partition,
        until: start - 80_000,
        limit,
        ...(after === undefined ? {} : { after }),
      });
    await expect.poll(async () => (await read(100)).length).toBe(7);
    const entries: AttentionEntry[] = [];
    for (let page = await read(2); page.length > 0; page = await read(2, page.at(-1))) entries.push(...page);
    expect(entries.map(({ attentionAt }) => attentionAt - start + 90_000)).toEqual([0, 1, 1, 1, 1, 1, 2]);
    expect(entries.map(({ sk }) => sk).sort()).toEqual(jobs.map(({ sk }) => sk).sort());
  });
}

import { describe, expect, it } from 'vitest';
import { aJob, aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { manager, told } from '../../support/requests.ts';
import { aWorld } from '../../support/world.ts';

const alike = '57d20ae1b6927b3b';
const other = 'beee316e2db7bb21';
const hourMs = 3_600_000;

/** Failed jobs of tenant `acme`, an hour ago unless told otherwise. */
function withFailed(...jobs: NonNullable<Parameters<typeof aJob>[0]>[]) {
  const world = aWorld();
  const records = jobs.map((fields) =>
    aJob({ status: 'failed', fingerprint: alike, attentionAt: start - hourMs, ...fields }),
  );
  world.store.put(...records);
  const { call } = manager(world);
  const ask = async (query: Record<string, string[]> = {}) =>
    told(await call('listFailures', { query })) as unknown as { status: number; code?: string; body: Answer };
  return { world, ids: records.map(({ sk }) => sk), ask };
}

interface Answer {
  groups: { fingerprint: string; count: number; examples: string[] }[];
  looked_at: number;
  cursor?: string;
}

const counts = ({ groups }: Answer) => groups.map(({ fingerprint, count }) => [fingerprint, count]);

describe('failures', () => {
  it('of which all examples are jobs of workflows, with the workflow of the latest', async () => {
    const [older, latest] = [aJobId(), aJobId()];
    const { ask } = withFailed(
      { workflow: `${older}#0#0`, attentionAt: start - 2_000 },
      { workflow: `${latest}#3#1`, attentionAt: start - 1_000 },
      { fingerprint: other, workflow: `${older}#0#0` },
      { fingerprint: other },
    );
    const { groups } = (await ask()).body;
    expect(groups.map((each) => ('workflow_id' in each ? each.workflow_id : 'none'))).toEqual([
      latest,
      'none',
    ]);
  });

  it('in groups of alike ones, the largest first, from all shards', async () => {
    const { ids, ask } = withFailed(
      { fingerprint: other, type: 'greet', sk: aJobId({ shard: 0 }) },
      { attentionAt: start - 3_000, sk: aJobId({ shard: 1 }) },
      { attentionAt: start - 1_000, sk: aJobId({ shard: 7 }) },
      { attentionAt: start - 2_000, sk: aJobId({ shard: 7 }) },
      { attentionAt: start - 4_000, sk: aJobId({ shard: 4 }) },
    );
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(body).toEqual({
      looked_at: 5,
      groups: [
        {
          ...{ fingerprint: alike, type: 'echo', queue: 'default', code_version: '1.0.0' },
          ...{ code: 'network', cause: 'transient_error', count: 4 },
          first_at: '2026-11-22T09:59:56.000Z',
          last_at: '2026-11-22T09:59:59.000Z',
          examples: [ids[2], ids[3], ids[1]],
        },
        {
          ...{ fingerprint: other, type: 'greet', queue: 'default', code_version: '1.0.0' },
          ...{ code: 'network', cause: 'transient_error', count: 1 },
          first_at: '2026-11-22T09:00:00.000Z',
          last_at: '2026-11-22T09:00:00.000Z',
          examples: [ids[0]],
        },
      ],
    });
  });

  it('none: no group', async () => {
    expect((await withFailed().ask()).body).toEqual({ groups: [], looked_at: 0 });
  });

  it.each([
    ['type', { type: ['greet'] }, { type: 'greet' }],
    ['queue', { queue: ['webhooks'] }, { queue: 'webhooks' }],
    ['all its tags', { tag: ['a', 'b'] }, { tags: ['b', 'a', 'c'] }],
    ['fingerprint', { fingerprint: [other] }, { fingerprint: other }],
    ['the time since', { since: ['2026-11-22T09:59:59Z'] }, { attentionAt: start - 1_000 }],
    ['the time until', { until: ['2026-11-22T08:59:59.001Z'] }, { attentionAt: start - hourMs - 1_000 }],
  ])('by %s', async (_, query, fields) => {
    const { ids, ask } = withFailed({ tags: ['a'] }, fields, { tags: ['b'] });
    const { body } = await ask(query);
    expect(body.groups.map(({ examples }) => examples)).toEqual([[ids[1]]]);
  });

  it('of another tenant are none of ours', async () => {
    const { ask } = withFailed({ tenant: 'other' });
    expect((await ask()).body.groups).toEqual([]);
  });

  it('of a release that gave no fingerprint are a group of their own', async () => {
    const { ask } = withFailed({ fingerprint: undefined }, {});
    expect(counts((await ask()).body)).toContainEqual(['0000000000000000', 1]);
    expect(counts((await ask({ fingerprint: ['0000000000000000'] })).body)).toEqual([
      ['0000000000000000', 1],
    ]);
  });

  it('that the index still has and that run again are left out', async () => {
    const { world, ids, ask } = withFailed({}, { fingerprint: other });
    world.store.freezeIndex();
    world.store.put(aJob({ sk: ids[0] }));
    expect(counts((await ask()).body)).toEqual([[other, 1]]);
  });

  it('of TaskQ’s own jobs are left out: no redrive takes them', async () => {
    const { ask } = withFailed({ type: 'taskq.retry', queue: 'taskq' }, { fingerprint: other });
    expect(counts((await ask()).body)).toEqual([[other, 1]]);
    expect((await ask({ type: ['taskq.retry'] })).body).toMatchObject({ groups: [], looked_at: 2 });
  });

  it('that the index has twice, as a job that failed again meanwhile, are counted and shown once', async () => {
    const { world, ids, ask } = withFailed({ sk: aJobId({ shard: 3 }) }, { sk: aJobId({ shard: 3 }) });
    const { failed } = world.store;
    world.store.failed = async (query) =>
      (await failed(query)).flatMap((each) => [each, { ...each, attentionAt: each.attentionAt + 1_000 }]);
    const { groups } = (await ask()).body;
    expect(groups).toMatchObject([{ count: 2, last_at: '2026-11-22T09:00:01.000Z' }]);
    expect(groups[0]?.examples.toSorted()).toEqual(ids.toSorted());
  });

  describe('of a cursor whose time is outside of what is asked now', () => {
    const cursorAt = (at: number) =>
      Buffer.from(`1.7.${at}.019aa0f2-6c1e-7abc-9d2e-5f0c8a417e03`).toString('base64url');
    const failed = [5_000, 3_000, 1_000].map((ago) => ({
      attentionAt: start - ago,
      sk: aJobId({ shard: 7 }),
    }));

    it('before since, reckoned anew at each page: what is left from there on', async () => {
      const { ask } = withFailed(...failed);
      const { status, body } = await ask({
        since: ['2026-11-22T09:59:57Z'],
        cursor: [cursorAt(start - 4_000)],
      });
      expect([status, body.looked_at]).toEqual([200, 2]);
    });

    it('at until or after it: nothing is left', async () => {
      const { ask } = withFailed(...failed);
      for (const at of [start - 3_000, start - 1, start + 9_999_999])
        expect((await ask({ until: ['2026-11-22T09:59:57Z'], cursor: [cursorAt(at)] })).body).toEqual({
          groups: [],
          looked_at: 0,
        });
    });
  });

  it('more than an answer looks at: each once, over all answers', async () => {
    const jobs = Array.from({ length: 4_100 }, (_, index) => ({
      fingerprint: index % 3 === 0 ? other : alike,
      attentionAt: start - 1 - (index % 7),
    }));
    const { world, ask } = withFailed(...jobs);
    const first = (await ask()).body;
    expect(first.looked_at).toBe(4_000);
    const rest = (await ask({ cursor: [first.cursor ?? ''] })).body;
    expect(rest).toMatchObject({ looked_at: 100 });
    expect(rest).not.toHaveProperty('cursor');
    const sum = Map.groupBy([...counts(first), ...counts(rest)], ([fingerprint]) => fingerprint);
    const summed = [...sum].map(([fingerprint, all]) => [
      fingerprint,
      all.reduce((total, [, count]) => total + Number(count), 0),
    ]);
    expect(Object.fromEntries(summed)).toEqual({ [other]: 1_367, [alike]: 2_733 });
    expect(world.faults.calls.filter((each) => each.startsWith('failed')).length).toBeLessThan(40);
  });

  it.each([
    ['cursor', 'x'],
    ['cursor', Buffer.from('1.999').toString('base64url')],
    ['cursor', Buffer.from('1.3.5.019aa0f2-6c1e-0000-9d2e-5f0c8a417e03').toString('base64url')],
    ['fingerprint', 'XYZ'],
    ['since', 'yesterday'],
    ['limit', '5'],
    ['status', 'failed'],
  ])('a query whose %s is %s is refused', async (path, value) => {
    const { code, body } = await withFailed().ask({ [path]: [value] });
    expect([code, body]).toMatchObject(['invalid_request', { details: [{ path }] }]);
  });
});

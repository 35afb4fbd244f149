/**
 * What `release` does beyond what is due: the walk, aging, and jobs that a person changes while they wait. The
 * walk looks at jobs that are five minutes old: here it runs with a clock six minutes ahead, on the deployed
 * tables and lanes, over one tenant alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Counts } from '../../core/telemetry.ts';
import { memoryCursors } from '../support/memory-walk.ts';
import { makeApi, newTenant } from './api.ts';
import { makeAws } from './aws.ts';

const local = inject('taskq');
const aws = await makeAws(local);
const soon = { timeout: 30_000, interval: 100 };
const minuteMs = 60_000;
const far = { delay_seconds: 7_200 };

// A test that failed while it kept the workers from a lane must not spoil the next.
afterEach(() => aws.feed('default', 'low', true));

/** The walk in this process, at a time of its own, over one tenant. */
async function walkAt(now: () => number, tenant: string): Promise<Counts> {
  vi.stubEnv('AWS_ENDPOINT_URL', local.endpoint);
  vi.stubEnv('AWS_REGION', local.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', local.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', local.credentials.secretAccessKey);
  const { jobStore } = await import('../../functions/aws/jobs.ts');
  const { sqsLanes } = await import('../../functions/aws/lanes.ts');
  const { sqsDepth } = await import('../../functions/aws/depths.ts');
  const { walkedShards } = await import('../../functions/aws/walk.ts');
  const { walk } = await import('../../functions/release/walk.ts');
  const onError = (message: string, error: unknown) => {
    throw new Error(message, { cause: error });
  };
  const table = aws.tables.jobs ?? '';
  // The lanes by the endpoint's own name: the SDK warns of any other, call by call.
  const urls = JSON.parse(JSON.stringify(aws.lanes).replaceAll(/http:\/\/[^/]+/g, local.endpoint));
  const counts: Counts = {};
  await walk({
    shards: walkedShards(table),
    cursors: memoryCursors(),
    tenants: async () => [tenant],
    store: jobStore(table, sleep, onError),
    lanes: sqsLanes(urls, onError),
    depth: sqsDepth(urls),
    now,
    onError,
  })(() => 55_000, counts);
  return counts;
}

beforeAll(async () => {
  // Other files leave jobs with delays behind; here lanes are counted to the last message.
  for (const lane of ['critical', 'high', 'normal', 'low'])
    await aws.sqs.send(new PurgeQueueCommand({ QueueUrl: aws.laneUrl('default', lane) }));
});

describe('the walk', () => {
  it('finds the jobs of a purged lane, and they complete', async () => {
    const api = makeApi(local, newTenant());
    await aws.feed('default', 'low', false);
    const jobs = Array.from({ length: 30 }, (_, n) => ({ type: 'echo', payload: { n }, priority: 0 }));
    const { body } = await api.call('enqueueBatch', { body: { jobs } });
    const ids: string[] = body.results.map(({ id }: { id: string }) => id);
    await vi.waitFor(
      async () => expect((await aws.depth(aws.laneUrl('default', 'low'))).visible).toBe(30),
      soon,
    );
    await aws.sqs.send(new PurgeQueueCommand({ QueueUrl: aws.laneUrl('default', 'low') }));
    await vi.waitFor(
      async () => expect((await aws.depth(aws.laneUrl('default', 'low'))).visible).toBe(0),
      soon,
    );
    await aws.feed('default', 'low', true);

    // Four minutes later it is too early, six minutes later it is not.
    expect(await walkAt(() => Date.now() + 4 * minuteMs, api.tenant)).not.toHaveProperty('watched');
    expect(await walkAt(() => Date.now() + 6 * minuteMs, api.tenant)).toMatchObject({
      watched: 30,
      foundLost: 30,
      walkBehind: 0,
    });
    for (const id of ids) {
      expect(await api.finished(id)).toMatchObject({ status: 'completed', attempt: 1 });
      expect(await aws.record(api.tenant, id)).not.toHaveProperty('attention');
    }
  });

  it('sends what waits in a late lane one lane up', async () => {
    const api = makeApi(local, newTenant());
    await aws.feed('default', 'low', false);
    const { id } = await api.enqueue('echo', { message: 'late' }, { priority: 0 });
    await vi.waitFor(
      async () => expect((await aws.depth(aws.laneUrl('default', 'low'))).visible).toBe(1),
      soon,
    );
    expect(await walkAt(() => Date.now() + 6 * minuteMs, api.tenant)).toMatchObject({ aged: 1 });
    expect(await api.finished(id)).toMatchObject({ status: 'completed', priority: 0, lane: 'low' });
    // The spare finds it final and is dropped.
    await aws.feed('default', 'low', true);
    await vi.waitFor(
      async () =>
        expect(await aws.depth(aws.laneUrl('default', 'low'))).toEqual({ visible: 0, delayed: 0, hidden: 0 }),
      soon,
    );
    expect(await api.get(id)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('as it is deployed visits every tenant that ever enqueued, and notes how far it is', async () => {
    const api = makeApi(local, newTenant());
    await api.enqueue('echo', {});
    const before = Date.now();
    await aws.invoke('release', { walk: true });
    const items = await aws.items(aws.tables.control);
    expect(items.filter(({ pk }) => pk === 'tenants').map(({ sk }) => sk)).toContain(api.tenant);
    const cursors = items.filter(({ pk }) => pk === 'walk');
    expect(cursors).toHaveLength(8);
    // A group that the minute's own walk has just taken is left to it.
    for (const { walkedTo } of cursors) expect(walkedTo).toBeGreaterThanOrEqual(before - 6 * minuteMs);
  });
});

describe('a job that waits is changed', () => {
  it('to sooner: it runs now, and its entry goes with its end', async () => {
    const api = makeApi(local, newTenant());
    const { id } = await api.enqueue('echo', {}, far);
    const { status, body } = await api.call('patchJob', {
      id,
      body: { delay_seconds: 0, tags: ['hurried'] },
    });
    expect([status, body.status, body.tags]).toEqual([200, 'pending', ['hurried']]);
    expect(await api.finished(id)).toMatchObject({ status: 'completed', attempt: 1, tags: ['hurried'] });
    expect(await aws.record(api.tenant, id)).not.toHaveProperty('attention');
  });

  it('to later: the pointer that is on its way is dropped, and release owns it', async () => {
    const api = makeApi(local, newTenant());
    const { id } = await api.enqueue('echo', {}, { delay_seconds: 3 });
    const runAt = new Date(Date.now() + 2 * 60 * minuteMs).toISOString();
    const { status, body } = await api.call('patchJob', { id, body: { run_at: runAt } });
    expect([status, body.status, body.available_at]).toEqual([200, 'scheduled', runAt]);
    expect((await aws.record(api.tenant, id))?.attentionAt).toBe(Date.parse(runAt) - 15 * minuteMs);
    await vi.waitFor(
      async () =>
        expect(await aws.depth(aws.laneUrl('default', 'normal'))).toEqual({
          visible: 0,
          delayed: 0,
          hidden: 0,
        }),
      soon,
    );
    expect(await api.get(id)).toMatchObject({ status: 'scheduled', attempt: 0 });
  });

  it('to another priority: it runs through its new lane while the old one stands still', async () => {
    const api = makeApi(local, newTenant());
    await aws.feed('default', 'low', false);
    const { id } = await api.enqueue('echo', {}, { priority: 0 });
    const { body } = await api.call('patchJob', { id, body: { priority: 9 } });
    expect([body.priority, body.lane]).toEqual([9, 'critical']);
    expect(await api.finished(id)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('not when it has ended, not with nothing to change, not another tenant’s', async () => {
    const api = makeApi(local, newTenant());
    const { id } = await api.enqueue('echo', {});
    await api.finished(id);
    const told = async (of: typeof api, body: unknown) => {
      const answer = await of.call('patchJob', { id, body });
      return [answer.status, answer.body.code];
    };
    expect(await told(api, { priority: 9 })).toEqual([409, 'invalid_transition']);
    expect(await told(api, {})).toEqual([400, 'invalid_request']);
    expect(await told(api, { colour: 'red' })).toEqual([400, 'invalid_request']);
    expect(await told(makeApi(local, newTenant()), { priority: 9 })).toEqual([404, 'not_found']);
  });
});

it('a far job is cancelled at once, and its entry goes', async () => {
  const api = makeApi(local, newTenant());
  const { id } = await api.enqueue('echo', {}, far);
  expect(await aws.record(api.tenant, id)).toHaveProperty('attention');
  const { status, body } = await api.call('cancelJob', { id });
  expect([status, body.status]).toEqual([200, 'cancelled']);
  expect(await aws.record(api.tenant, id)).not.toHaveProperty('attention');
});

import { describe, expect, it } from 'vitest';
import type { Counts } from '../../../core/telemetry.ts';
import { release } from '../../../functions/release/release.ts';
import { start } from '../../support/clock.ts';
import { manager, told } from '../../support/requests.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

const minuteMs = 60_000;

/** A job with its pointer in the lane `normal`, and whoever changes, releases and runs it. */
async function aWaitingJob(fields: Parameters<ReturnType<typeof aWorld>['job']>[1] = {}) {
  const world = aWorld();
  const job = await world.job('a payload', fields);
  const { call, errors } = manager(world);
  const starts: number[] = [];
  const working = worker(world, (async () => {
    starts.push(world.clock.now());
  }) as never);
  return {
    world,
    job,
    errors,
    starts,
    working,
    patch: async (body: unknown) =>
      told(
        await call('patchJob', { id: job.sk, body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ),
    cancel: async () => told(await call('cancelJob', { id: job.sk })),
    record: () => world.store.peek(job.sk)!,
    async releaseOnce() {
      const counts: Counts = {};
      const onError = () => {};
      await release({ ...world, now: world.clock.now, onError })(() => 55_000, counts);
      return counts;
    },
  };
}

type Waiting = Awaited<ReturnType<typeof aWaitingJob>>;

/** Minute by minute: release, and a worker at every lane. */
async function pass({ world, working, releaseOnce }: Waiting, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await releaseOnce();
    for (const lane of ['critical', 'high', 'normal', 'low', 'quarantine']) await working.invoke(lane);
    await world.clock.advance(minuteMs);
  }
}

describe('to later', () => {
  it('beyond 15 minutes: its old pointer is dropped, release sends a new one, it runs at its time', async () => {
    const waiting = await aWaitingJob();
    const { world, job, patch, record, starts } = waiting;
    world.point('normal', job);
    expect(await patch({ delay_seconds: 3_600 })).toMatchObject({
      status: 200,
      body: { id: job.sk, status: 'scheduled', available_at: '2026-11-22T11:00:00.000Z' },
    });
    expect(world.faults.calls).toEqual(['get 1', 'change 1']);
    await waiting.working.invoke('normal');
    expect(world.lanes.waiting('normal')).toEqual([]);
    await pass(waiting, 62);
    expect(starts).toEqual([start + 60 * minuteMs]);
    expect(record()).toMatchObject({ status: 'completed' });
    expect(record()).not.toHaveProperty('attention');
  });

  it('within 15 minutes: the record, then a delayed pointer', async () => {
    const waiting = await aWaitingJob();
    const { world, job, patch, starts } = waiting;
    world.point('normal', job);
    await patch({ delay_seconds: 600 });
    expect(world.faults.calls).toEqual(['get 1', 'change 1', 'deliver 1']);
    await pass(waiting, 12);
    expect(starts).toEqual([start + 10 * minuteMs]);
  });
});

describe('to sooner', () => {
  it('a far job runs at once, and not again at its old time', async () => {
    const entry = { attention: 'due#07', attentionAt: start + 45 * minuteMs };
    const waiting = await aWaitingJob({ status: 'scheduled', availableAt: start + 60 * minuteMs, ...entry });
    const { world, job, patch, starts, record } = waiting;
    expect(await patch({ delay_seconds: 0 })).toMatchObject({ status: 200, body: { status: 'pending' } });
    expect(record()).toMatchObject({ availableAt: start, attentionAt: start + minuteMs });
    expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 0 }]);
    await pass(waiting, 65);
    expect(starts).toEqual([start]);
  });

  it('a pointer that cannot be sent is sent by release', async () => {
    const waiting = await aWaitingJob({ status: 'scheduled', availableAt: start + 10 * minuteMs });
    waiting.world.faults.throwBefore('deliver');
    expect((await waiting.patch({ delay_seconds: 0 })).status).toBe(200);
    expect(waiting.errors).toEqual(['the pointer of a changed job could not be sent: release will']);
    await pass(waiting, 3);
    expect(waiting.starts).toEqual([start + minuteMs]);
  });
});

it('another priority: its new pointer runs it, the old one is dropped', async () => {
  const waiting = await aWaitingJob();
  const { world, job, patch, working, starts } = waiting;
  world.point('normal', job);
  expect(await patch({ priority: 9 })).toMatchObject({ body: { priority: 9, lane: 'critical' } });
  await working.invoke('critical');
  await working.invoke('normal');
  expect(starts).toHaveLength(1);
  expect(world.lanes.waiting('normal')).toEqual([]);
});

it('tags alone: one write, no pointer', async () => {
  const { world, patch, record } = await aWaitingJob({ tags: ['old'] });
  expect(await patch({ tags: ['new', 'er'] })).toMatchObject({ status: 200, body: { tags: ['new', 'er'] } });
  expect(world.faults.calls).toEqual(['get 1', 'change 1']);
  await patch({ tags: [] });
  expect(record()).not.toHaveProperty('tags');
});

it.each([
  ['{', 'invalid_request'],
  [{}, 'invalid_request'],
  [{ priority: 11 }, 'invalid_request'],
])('%j → %s, and nothing is read', async (body, code) => {
  const { world, patch } = await aWaitingJob();
  expect(await patch(body)).toMatchObject({ code });
  expect(world.faults.calls).toEqual([]);
});

it.each(['running', 'completed', 'failed', 'cancelled'] as const)(
  '%s → 409, and nothing changes',
  async (status) => {
    const { job, patch, record } = await aWaitingJob({ status });
    expect(await patch({ priority: 9 })).toMatchObject({ code: 'invalid_transition' });
    expect(record()).toEqual(job);
  },
);

describe('meanwhile', () => {
  const overtaken = async (fields: object) => {
    const waiting = await aWaitingJob();
    const { world, job } = waiting;
    const { change } = world.store;
    let first = true;
    world.store.change = (changes) => {
      if (first) world.store.put({ ...job, ...fields });
      first = false;
      return change(changes);
    };
    return waiting;
  };

  it('claimed → 409: it runs as it was', async () => {
    const { patch, record } = await overtaken({ status: 'running', fence: 1, availableAt: start + 65_000 });
    expect(await patch({ delay_seconds: 600 })).toMatchObject({ code: 'invalid_transition' });
    expect(record()).toMatchObject({ status: 'running', availableAt: start + 65_000 });
  });

  it('failed an attempt → what waits now is changed', async () => {
    const { patch, record } = await overtaken({ status: 'retrying', fence: 1, availableAt: start + 30_000 });
    expect(await patch({ delay_seconds: 7_200 })).toMatchObject({
      status: 200,
      body: { status: 'retrying' },
    });
    expect(record()).toMatchObject({ fence: 1, availableAt: start + 7_200_000 });
  });

  it('gone → 404', async () => {
    const { world, job, patch } = await aWaitingJob();
    const { change } = world.store;
    world.store.change = (changes) => {
      world.store.remove(job.sk);
      return change(changes);
    };
    expect(await patch({ priority: 9 })).toMatchObject({ code: 'not_found' });
  });

  it('throttled → 503', async () => {
    const { world, patch } = await aWaitingJob();
    world.store.throttle(1);
    expect(await patch({ priority: 9 })).toMatchObject({ code: 'unavailable' });
  });
});

it('a change that dies at any moment: the job runs once, at the one time or the other', async () => {
  for (let moment = 1; moment <= 6; moment++) {
    const waiting = await aWaitingJob();
    const { world, job, patch, starts, record } = waiting;
    world.point('normal', job);
    world.faults.crashAt(moment);
    await patch({ delay_seconds: 1_800 }).catch(() => {});
    world.faults.restart();
    await pass(waiting, 35);
    expect(starts, `moment ${moment}`).toHaveLength(1);
    expect(record().status, `moment ${moment}`).toBe('completed');
    expect([start, start + 30 * minuteMs], `moment ${moment}`).toContain(starts[0]);
  }
});

it('cancel of a far job: at once, its entry goes with it, and release leaves it alone', async () => {
  const entry = { attention: 'due#07', attentionAt: start + 45 * minuteMs };
  const waiting = await aWaitingJob({ status: 'scheduled', availableAt: start + 60 * minuteMs, ...entry });
  expect(await waiting.cancel()).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  expect(waiting.record()).not.toHaveProperty('attention');
  expect(waiting.record()).not.toHaveProperty('attentionAt');
  await pass(waiting, 65);
  expect(waiting.starts).toEqual([]);
});

import { expect, it } from 'vitest';
import type { JobContext } from '../../../core/define.ts';
import type { JobRecord } from '../../../core/table.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

/** One running job, whose handler has been handed out. */
async function running() {
  const world = aWorld();
  const job = await world.job();
  world.point('normal', job);
  const done = Promise.withResolvers<unknown>();
  const given = Promise.withResolvers<JobContext>();
  const working = worker(world, (async (_: unknown, context: JobContext) => {
    given.resolve(context);
    return await done.promise;
  }) as never);
  const invoked = working.invoke('normal');
  const context = await given.promise;
  const record = () => world.store.peek(job.sk) as JobRecord;
  const changes = () => world.faults.calls.filter((each) => each.startsWith('change')).length;
  return {
    ...working,
    world,
    job,
    context,
    invoked,
    record,
    changes,
    end: () => done.resolve(1),
    fail: () => done.reject(new Error('no')),
  };
}

it('the first is written at once, then the last of each 2 s', async () => {
  const { world, context, record, changes, invoked, end } = await running();
  const before = changes();
  for (const percent of [1, 2, 3]) context.progress(percent, 'rows read');
  await world.clock.advance(1_999);
  expect(record().progress).toEqual({ percent: 1, note: 'rows read', at: start });
  context.progress(40);
  await world.clock.advance(1);
  expect(record().progress).toEqual({ percent: 40, at: start + 1_999 });
  await world.clock.advance(60_000 - 40_000);
  expect(changes() - before).toBe(2);
  end();
  await invoked;
  expect(record()).toMatchObject({ status: 'completed', progress: { percent: 40 } });
});

it('of an ended attempt is written no more', async () => {
  const { world, context, record, invoked, end } = await running();
  context.progress(10);
  await world.clock.advance(100);
  context.progress(20);
  end();
  await invoked;
  const ended = record();
  context.progress(30);
  await world.clock.advance(10_000);
  expect(record()).toEqual(ended);
  expect(ended.progress?.percent).toBe(10);
});

it('that cannot be written troubles no handler', async () => {
  const { world, context, record, invoked, errors, end } = await running();
  world.faults.throwBefore('change');
  context.progress(10);
  await world.clock.advance(2_000);
  context.progress(20);
  await world.clock.advance(10);
  expect(record().progress?.percent).toBe(20);
  expect(errors).toEqual(['the progress of a job could not be written']);
  end();
  await invoked;
});

it('that is none troubles no handler: left out, and said once', async () => {
  const { world, context, record, invoked, end, logs } = await running();
  context.progress(10, 'begun');
  context.progress('a lot' as never);
  context.progress(20, { no: 'text' } as never);
  context.progress(5n as never);
  await world.clock.advance(2_000);
  expect(record().progress).toEqual({ percent: 10, note: 'begun', at: start });
  end();
  await invoked;
  expect(record()).toMatchObject({ status: 'completed', attempt: 1 });
  expect(logs).toEqual([
    {
      message: 'job.progress takes a number and a text: what it was given is left out',
      fields: { level: 'warn', job_id: record().sk, type: 'echo', attempt: 1 },
    },
  ]);
});

it('of a late attempt is refused without a word, and its signal aborts', async () => {
  const { world, context, record, invoked } = await running();
  world.store.put({ ...record(), fence: 2, owner: 'another' });
  context.progress(50);
  await world.clock.advance(10);
  expect(context.signal.aborted).toBe(true);
  expect(record()).not.toHaveProperty('progress');
  expect((await invoked).batchItemFailures).toHaveLength(1);
});

it('hears of a cancel', async () => {
  const { world, context, record, invoked } = await running();
  world.store.put({ ...record(), cancelRequestedAt: start });
  context.progress(50);
  await world.clock.advance(10);
  await invoked;
  expect(record()).toMatchObject({ status: 'cancelled', progress: { percent: 50 } });
});

it('that was told last is written by the settle of a job that is cancelled or fails', async () => {
  for (const how of ['cancelled', 'cancelled as it fails', 'failed'] as const) {
    const { world, context, record, invoked, fail } = await running();
    context.progress(5, 'counted');
    await world.clock.advance(1_000);
    context.progress(10, 'retried 75 of 1500');
    world.store.put({ ...record(), ...(how === 'failed' ? {} : { cancelRequestedAt: start }) });
    if (how !== 'cancelled') fail();
    await world.clock.advance(5_000);
    await invoked;
    expect(record()).toMatchObject({
      status: how === 'failed' ? 'retrying' : 'cancelled',
      progress: { percent: 10, note: 'retried 75 of 1500', at: start + 1_000 },
    });
  }
});

it('that was told last is written by the settle of a job that snoozes', async () => {
  const world = aWorld();
  const job = await world.job();
  world.point('normal', job);
  await worker(world, (async (_: unknown, context: JobContext) => {
    context.progress(5, 'counted');
    context.progress(10, 'retried 75 of 1500');
    context.snooze(30);
  }) as never).invoke('normal');
  expect(world.store.peek(job.sk)).toMatchObject({
    status: 'scheduled',
    progress: { percent: 10, note: 'retried 75 of 1500' },
  });
});

it('is gone when the next attempt begins', async () => {
  const world = aWorld();
  const job = await world.job(1, {
    status: 'retrying',
    availableAt: start,
    progress: { percent: 80, at: start },
  });
  world.point('normal', job);
  let seen: JobRecord | undefined;
  await worker(world, async () => {
    seen = world.store.peek(job.sk);
  }).invoke('normal');
  expect(seen).toMatchObject({ status: 'running', attempt: 2 });
  expect(seen).not.toHaveProperty('progress');
});

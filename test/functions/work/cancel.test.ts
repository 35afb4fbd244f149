import { describe, expect, it } from 'vitest';
import type { JobContext } from '../../../core/define.ts';
import type { JobRecord } from '../../../core/table.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

/** Jobs that run until the test lets them; their signals, in the order they began. */
async function running(count: number, fields: Partial<JobRecord> = {}) {
  const world = aWorld();
  const jobs = await Promise.all(
    Array.from({ length: count }, (_, index) => world.job(index, fields as { status?: 'pending' })),
  );
  world.point('normal', ...jobs);
  const signals: AbortSignal[] = [];
  const gates = jobs.map(() => Promise.withResolvers<unknown>());
  const working = worker(world, (async (index: number, { signal }: JobContext) => {
    signals[index] = signal;
    return await gates[index]?.promise;
  }) as never);
  const invoked = working.invoke('normal');
  await world.clock.advance(0);
  const change = (index: number, more: Partial<JobRecord>) => {
    const record = world.store.peek(jobs[index]?.sk ?? '') as JobRecord;
    world.store.put({ ...record, ...more });
  };
  const record = (index: number) => world.store.peek(jobs[index]?.sk ?? '') as JobRecord;
  const reads = () => world.faults.calls.filter((each) => each.startsWith('get'));
  return { ...working, world, jobs, signals, gates, invoked, change, record, reads };
}

describe('a cancel that is asked for while the job runs', () => {
  it('reaches the signal within 5 s and ends it as cancelled; what the handler does then is ignored', async () => {
    const { world, jobs, signals, gates, invoked, change, record, counts, logs } = await running(1);
    await world.clock.advance(100);
    change(0, { cancelRequestedAt: start + 100 });
    await world.clock.advance(4_899);
    expect(signals[0]?.aborted).toBe(false);
    await world.clock.advance(1);
    expect(signals[0]?.aborted).toBe(true);
    expect(signals[0]?.reason).toMatchObject({ name: 'AbortError' });
    expect((await invoked).batchItemFailures).toEqual([]);
    expect(record(0)).toMatchObject({ status: 'cancelled', finishedAt: start + 5_000, fence: 1 });
    const ended = record(0);
    gates[0]?.resolve('too late');
    await world.clock.advance(10_000);
    expect(record(0)).toEqual(ended);
    expect(world.lanes.waiting('normal')).toEqual([]);
    expect(counts).toEqual({ unreadable: 0 });
    expect(await world.vault.listErrors('acme', jobs[0]?.sk ?? '')).toEqual([]);
    expect(logs).toEqual([]);
  });

  it('ends that job alone; one read serves the whole batch', async () => {
    const { world, signals, gates, invoked, change, record, reads } = await running(3);
    change(1, { cancelRequestedAt: start });
    await world.clock.advance(5_000);
    expect(signals.map((each) => each.aborted)).toEqual([false, true, false]);
    await world.clock.advance(5_000);
    expect(reads()).toEqual(['get 3', 'get 2']);
    gates[0]?.resolve(1);
    gates[2]?.resolve(1);
    await invoked;
    expect([0, 1, 2].map((index) => record(index).status)).toEqual(['completed', 'cancelled', 'completed']);
  });

  it('comes too late for a job that has returned: completed', async () => {
    const { world, gates, invoked, change, record, reads } = await running(1);
    change(0, { cancelRequestedAt: start });
    gates[0]?.resolve('done');
    await invoked;
    expect(record(0).status).toBe('completed');
    await world.clock.advance(20_000);
    expect(reads()).toEqual([]);
  });

  it('is heard at the next look when a read fails', async () => {
    const { world, invoked, change, record, errors } = await running(1);
    change(0, { cancelRequestedAt: start });
    world.faults.throwBefore('get');
    await world.clock.advance(10_000);
    await invoked;
    expect(record(0).status).toBe('cancelled');
    expect(errors).toEqual(['the records of running jobs could not be read']);
  });
});

it.each([
  ['another attempt runs', { fence: 2, owner: 'another' }],
  ['bury gave it up', { status: 'failed' as const }],
])('%s: the signal aborts, nothing is written, the message comes back', async (_, more) => {
  const { world, signals, invoked, change, record } = await running(1);
  change(0, more);
  const stands = record(0);
  await world.clock.advance(5_000);
  expect(signals[0]?.aborted).toBe(true);
  expect((await invoked).batchItemFailures).toEqual([{ itemIdentifier: 'message-1' }]);
  expect(record(0)).toEqual(stands);
});

it('a job that ends within 5 s is never read', async () => {
  const { world, gates, invoked, reads } = await running(1);
  await world.clock.advance(4_999);
  gates[0]?.resolve(1);
  await invoked;
  await world.clock.advance(60_000);
  expect(reads()).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import type { JobContext } from '../../../core/define.ts';
import { aJobId } from '../../support/a-job.ts';
import { manager, told } from '../../support/requests.ts';
import { worker } from '../../support/worker.ts';
import { aWorld, type World } from '../../support/world.ts';
import { aRun, type Handler, stored } from './effects-run.ts';
import { runOnce } from './run-once.ts';

describe('a late attempt', () => {
  /** As if a later attempt had called `once` while this one's function was at work. */
  const overtake = (world: World, id: string) => world.effects.raise(id, 9, new Uint8Array(16));

  it('is refused, its signal aborts, and it settles nothing', async () => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    const seen: unknown[] = [];
    const handler: Handler = async (_, { once, signal }) => {
      await once('first', () => 1);
      await once('second', () => overtake(world, job.sk)).catch((error: Error) =>
        seen.push(error.name, signal.aborted),
      );
      await once('third', () => seen.push('third')).catch((error: Error) => seen.push(error.name));
      return 'swallowed';
    };
    const { invoke, logs } = worker(world, handler as never);
    const answer = await invoke('normal');
    expect(seen).toEqual(['LateAttempt', true, 'LateAttempt']);
    expect(answer.batchItemFailures).toHaveLength(1);
    expect(world.store.peek(job.sk)).toMatchObject({ status: 'running', fence: 1 });
    expect(world.store.peek(job.sk)?.lastError).toBeUndefined();
    expect(await world.vault.listErrors('acme', job.sk)).toEqual([]);
    expect(await stored(world, job.sk)).toMatchObject([{ key: 'first' }]);
    expect(logs.map(({ message }) => message)).toContain('the attempt was overtaken');
  });

  it('is refused at its first call already', async () => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    await overtake(world, job.sk);
    let calls = 0;
    await worker(world, ((_: unknown, { once }: JobContext) =>
      once('charge', () => calls++)) as never).invoke('normal');
    expect(calls).toBe(0);
    expect(world.store.peek(job.sk)?.status).toBe('running');
  });
});

describe('when AWS fails', () => {
  it.each(['raise', 'store'])('%s applied and its answer lost, sent again: all is well', async (method) => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    world.faults.sendTwice(method);
    let calls = 0;
    const handler: Handler = (_, { once }) => once('charge', () => ++calls);
    await worker(world, handler as never).invoke('normal');
    expect(calls).toBe(1);
    expect(world.store.peek(job.sk)?.status).toBe('completed');
    expect(await stored(world, job.sk)).toMatchObject([{ value: 1 }]);
  });

  it('a raise that failed is tried again by the next call', async () => {
    const { world, job, run } = await aRun();
    world.faults.throwBefore('raise');
    const { record } = await run(async (_, { once }) => {
      await once('a', () => 1).catch(() => {});
      return once('b', () => 2);
    });
    expect(record.status).toBe('completed');
    expect(await stored(world, job.sk)).toMatchObject([{ key: 'b' }]);
  });

  it.each([
    ['raise', 'throwBefore', 1],
    ['raise', 'throwAfter', 1],
    ['store', 'throwBefore', 2],
    ['store', 'throwAfter', 1],
  ] as const)('%s, %s: a later attempt, and the function has run %i times', async (method, fault, times) => {
    const { world, job, run } = await aRun();
    const keys: string[] = [];
    const handler: Handler = (_, { once }) => once('charge', (key) => keys.push(key));
    world.faults[fault](method);
    const { record, errors } = await run(handler);
    expect(record).toMatchObject({ status: 'retrying', lastError: { code: 'unavailable' } });
    expect(errors).toEqual([]);
    expect((await run(handler)).record.status).toBe('completed');
    expect(keys).toHaveLength(times);
    expect(new Set(keys).size).toBe(1);
    expect(await stored(world, job.sk)).toHaveLength(1);
  });
});

it('effects are read by the job’s own tenant alone, and nothing of them lies in the open', async () => {
  const { world, job } = await runOnce((_, { once }) => once('charge', () => 'a private thing'));
  expect(
    JSON.stringify([...world.effects.items], (_, each) =>
      each instanceof Uint8Array ? Buffer.from(each).toString() : each,
    ),
  ).not.toContain('private');
  const other = await manager(world).call('getEffects', { id: job.sk, tenant: 'globex' });
  expect(told(other).code).toBe('not_found');
});

it('an effect moved to another key or job does not open', async () => {
  const { world, job } = await runOnce((_, { once }) => once('charge', () => 'ch_1'));
  const item = world.effects.items.get(job.sk)!;
  const effect = item.effects.charge!;
  const open = (jobId: string, name: string) =>
    world.vault.open(effect, { tenant: 'acme', jobId, field: 'effect', name });
  expect(await open(job.sk, 'charge')).toEqual({ value: 'ch_1' });
  await expect(open(job.sk, 'refund')).rejects.toThrow();
  await expect(open(aJobId(), 'charge')).rejects.toThrow();
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobState } from '../../../core/state.ts';
import { aJob } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld, type World } from '../../support/world.ts';

const several = (world: World, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => world.job(index)));
const seconds = (world: World) => world.lanes.waiting('normal').map((each) => each.inSeconds);

describe('a claim', () => {
  it('throttled for some rows: those come back in 5 s, the others run', async () => {
    const world = aWorld();
    const jobs = await several(world, 5);
    world.point('normal', ...jobs);
    world.store.throttle(2);
    const { invoke, counts } = worker(world);
    await invoke('normal');
    expect(counts).toMatchObject({ completed: 3 });
    expect(world.lanes.waiting('normal')).toEqual(
      jobs.slice(0, 2).map(({ sk }) => ({ job: sk, inSeconds: 5 })),
    );
  });

  it('that does not arrive: everything comes back in 5 s, and is run then', async () => {
    const world = aWorld();
    const jobs = await several(world, 3);
    world.point('normal', ...jobs);
    world.faults.throwBefore('change');
    const { invoke, counts, errors } = worker(world);
    const answer = await invoke('normal');
    expect(answer.batchItemFailures.map((each) => each.itemIdentifier)).toEqual([
      'message-1',
      'message-2',
      'message-3',
    ]);
    expect(seconds(world)).toEqual([5, 5, 5]);
    expect(errors).toEqual(['the batch broke off: what is not settled comes back']);
    await world.clock.advance(5_000);
    await invoke('normal');
    expect(counts).toMatchObject({ completed: 3 });
  });

  it.each([
    ['does not arrive', (world: World) => world.faults.throwBefore('change')],
    ['is throttled', (world: World) => world.store.throttle(1)],
  ])('that %s time and again: longer each time, 20 receives are not used up in minutes', async (_, fail) => {
    const world = aWorld();
    world.point('normal', ...(await several(world, 1)));
    const { invoke } = worker(world);
    const hidden: (number | undefined)[] = [];
    for (let times = 0; times < 7; times++) {
      fail(world);
      await invoke('normal');
      hidden.push(seconds(world)[0]);
      await world.clock.advance(60_000);
    }
    expect(hidden).toEqual([5, 10, 20, 40, 60, 60, 60]);
  });

  it('that found a lost lease, and whose take-over is throttled: comes back in 5 s', async () => {
    const world = aWorld();
    const job = await world.job(1, { status: 'running', availableAt: start });
    world.point('quarantine', job);
    const { invoke } = worker(world, undefined, {
      findDeath: async () => {
        world.store.throttle(1);
        return { cause: 'lease_lost' };
      },
    });
    await invoke('quarantine');
    expect(world.lanes.waiting('quarantine')).toEqual([{ job: job.sk, inSeconds: 5 }]);
  });

  it('whose answer was lost and that the SDK sent again: its own, run once', async () => {
    const world = aWorld();
    const jobs = await several(world, 3);
    world.point('normal', ...jobs);
    world.faults.sendTwice('change');
    const started: unknown[] = [];
    await worker(world, async (payload) => void started.push(payload)).invoke('normal');
    expect(started).toEqual([0, 1, 2]);
    expect(jobs.map((each) => world.store.peek(each.sk))).toMatchObject(
      jobs.map(() => ({ status: 'completed', fence: 1, attempt: 1 })),
    );
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('applied, but never answered: found by its lease, finished in quarantine', async () => {
    const world = aWorld();
    const [job] = await several(world, 1);
    world.point('normal', job!);
    world.faults.throwAfter('change');
    const { invoke, counts } = worker(world);
    await invoke('normal');
    expect(world.store.peek(job!.sk)).toMatchObject({ status: 'running', owner: 'owner-1' });
    await world.clock.advance(5_000);
    await invoke('normal');
    expect(seconds(world)).toEqual([70]);
    await world.clock.advance(70_000);
    await invoke('normal');
    expect(world.lanes.waiting('normal')).toEqual([]);
    await invoke('quarantine');
    expect(world.store.peek(job!.sk)).toMatchObject({ status: 'completed', fence: 2, attempt: 2 });
    expect(counts).toMatchObject({ leasesLost: 1, completed: 1 });
  });
});

describe('two pointers to one job in one receive', () => {
  const twice = async () => {
    const world = aWorld();
    const [job] = await several(world, 1);
    world.point('normal', job!, job!);
    const started: string[] = [];
    return { world, job: job!, started, run: async () => void started.push('started') };
  };

  it('are one claim, and go together once it is settled', async () => {
    const { world, job, started, run } = await twice();
    await worker(world, run).invoke('normal');
    expect(world.faults.calls.filter((each) => each.startsWith('change'))).toEqual(['change 1', 'change 1']);
    expect(started).toHaveLength(1);
    expect(world.store.peek(job.sk)).toMatchObject({ shared: 1, message: 'message-1' });
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('are run once when the claim’s answer was lost', async () => {
    const { world, started, run } = await twice();
    world.faults.sendTwice('change');
    await worker(world, run).invoke('normal');
    expect(started).toHaveLength(1);
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('both stay when the settle does not', async () => {
    const { world } = await twice();
    const invoked = worker(world, async () => world.store.throttle(1_000)).invoke('normal');
    await world.clock.advance(45_000);
    await invoked;
    // Received 45 s ago.
    expect(seconds(world)).toEqual([30, 30]);
  });

  it('that cannot be claimed are judged one by one', async () => {
    const { world, job } = await twice();
    world.store.put({ ...job, status: 'running', message: 'message-2', availableAt: start + 10_000 });
    await worker(world).invoke('normal');
    expect(seconds(world)).toEqual([20]);
  });
});

it('messages that cannot be hidden come back with their lane, and the answer still stands', async () => {
  const world = aWorld();
  world.point('normal', aJob());
  world.faults.throwBefore('hide');
  const { invoke, errors } = worker(world);
  expect(await invoke('normal')).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  expect(seconds(world)).toEqual([75]);
  expect(errors).toEqual(['messages could not be hidden: they come back with their lane']);
});

it('a job whose payload cannot be opened does not keep the others from running', async () => {
  const world = aWorld();
  const [bad, good] = await several(world, 2);
  world.store.put({ ...bad!, payload: { ...bad!.payload, tag: new Uint8Array(16) } as never });
  world.point('normal', bad!, good!);
  await worker(world).invoke('normal');
  expect(world.store.peek(good!.sk)?.status).toBe('completed');
  expect(world.store.peek(bad!.sk)?.status).toBe('retrying');
});

const states: (JobState | 'void' | 'absent' | 'unreadable' | 'twice')[] = [
  'pending',
  'scheduled',
  'retrying',
  'running',
  'completed',
  'failed',
  'cancelled',
  'void',
  'absent',
  'unreadable',
  'twice',
];
const methods = [
  'change',
  'insert',
  'deliver',
  'hide',
  'openingKey',
  'sealingKey',
  'putItems',
  'storeUnreadable',
];
const fault = fc.record({
  method: fc.constantFrom(...methods),
  how: fc.constantFrom('throwBefore' as const, 'throwAfter' as const, 'sendTwice' as const),
});

it('whatever it meets and whatever fails, it answers with messages of the batch, each at most once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 10 }),
      fc.array(fault, { maxLength: 4 }),
      fc.nat(3),
      fc.constantFrom('normal', 'quarantine'),
      async (kinds, faults, throttled, lane) => {
        const world = aWorld();
        for (const kind of kinds) {
          if (kind === 'unreadable') world.lanes.put(lane, 'no pointer');
          else if (kind === 'absent') world.point(lane, aJob());
          else {
            const job = await world.job(
              1,
              kind === 'twice' ? {} : { status: kind as JobState, availableAt: start },
            );
            world.point(lane, ...(kind === 'twice' ? [job, job] : [job]));
          }
        }
        await world.clock.advance(60_000);
        for (const { method, how } of faults) world.faults[how](method);
        world.store.throttle(throttled);
        const { batchItemFailures } = await worker(world).invoke(lane);
        const ids = batchItemFailures.map((each) => each.itemIdentifier);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.every((id) => /^message-\d+$/.test(id))).toBe(true);
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

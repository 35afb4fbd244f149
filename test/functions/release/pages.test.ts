import { expect, it } from 'vitest';
import type { Counts } from '../../../core/telemetry.ts';
import { release } from '../../../functions/release/release.ts';
import { aJob } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { aWorld, type World } from '../../support/world.ts';

const minuteMs = 60_000;
const plenty = () => 55_000;

function releaser(world: World, remainingMs = plenty, errors: string[] = []) {
  const onError = (message: string) => void errors.push(message);
  const step = release({ ...world, now: world.clock.now, onError });
  return async (part = { part: 0, parts: 1 }) => {
    const counts: Counts = {};
    return { ...(await step(remainingMs, counts, part)), counts };
  };
}

/** So many far jobs, all due in 15 minutes, with entries in these partitions. */
function far(world: World, count: number, partitions = 64): void {
  for (let index = 0; index < count; index++) {
    const attention = `due#${String(index % partitions).padStart(2, '0')}`;
    const availableAt = start + 15 * minuteMs;
    world.store.put(aJob({ status: 'scheduled', availableAt, attention, attentionAt: start }));
  }
}

const pointed = (world: World) => new Set(world.lanes.waiting('normal').map((each) => each.job)).size;

it('parts share what is due, each job once', async () => {
  const world = aWorld();
  far(world, 300);
  const run = releaser(world);
  const sent: number[] = [];
  for (let part = 0; part < 4; part++) sent.push((await run({ part, parts: 4 })).sent);
  expect(sent.reduce((sum, each) => sum + each)).toBe(300);
  expect(Math.min(...sent)).toBeGreaterThan(60);
  expect([pointed(world), world.lanes.waiting('normal').length]).toEqual([300, 300]);
});

it('calls of a full page: one query, one read of 100, four writes of 25, one delivery', async () => {
  const world = aWorld();
  far(world, 100, 1);
  expect((await releaser(world)()).counts).toMatchObject({ released: 100, unfinished: 0 });
  const calls = world.faults.calls.filter((each) => each !== 'attention 1');
  expect(calls).toEqual(['get 100', ...Array(4).fill('change 25'), 'deliver 100']);
  expect(world.faults.calls.filter((each) => each === 'attention 1')).toHaveLength(64 + 1);
});

it('the next page is read while one is written', async () => {
  const world = aWorld();
  far(world, 300, 1);
  await releaser(world)();
  const order = world.faults.calls.filter((each) => /^(get|deliver)/.test(each));
  expect(order).toEqual(['get 100', 'get 100', 'deliver 100', 'get 100', 'deliver 100', 'deliver 100']);
});

it('a page that cannot be written does not hold up the pages behind it', async () => {
  const world = aWorld();
  far(world, 250, 1);
  world.store.throttle(100);
  expect((await releaser(world)()).sent).toBe(150);
  world.store.throttle(0);
  expect((await releaser(world)()).sent).toBe(100);
  expect(pointed(world)).toBe(250);
});

it('a call that fails takes its own 25 entries alone: the other 225 jobs are sent now, these a minute later', async () => {
  const world = aWorld();
  far(world, 250, 1);
  const { around } = world.faults;
  const errors: string[] = [];
  let calls = 0;
  world.faults.around = async (method, rows, perform) => {
    if (method === 'change' && ++calls === 3) throw new Error('socket hang up');
    return around(method, rows, perform);
  };
  const { sent, unfinished } = await releaser(world, plenty, errors)();
  expect({ sent, unfinished }).toEqual({ sent: 225, unfinished: 1 });
  expect(errors).toEqual(['some entries of the attention index could not be put off: they are due still']);
  expect(await releaser(world)()).toMatchObject({ sent: 25, unfinished: 0 });
  expect(pointed(world)).toBe(250);
});

it('calls that all fail are an outage: the partition is left at once', async () => {
  const world = aWorld();
  far(world, 250, 1);
  const errors: string[] = [];
  for (let call = 0; call < 4; call++) world.faults.throwBefore('change');
  expect(await releaser(world, plenty, errors)()).toMatchObject({ sent: 0, unfinished: 1 });
  expect(errors).toEqual(['a partition of the attention index could not be released']);
  expect(world.faults.calls.filter((each) => each === 'change 25')).toHaveLength(4);
});

it('out of time: what is left is said, nothing starves, and all is sent in the end', async () => {
  const world = aWorld();
  far(world, 64 * 3);
  const rounds: number[] = [];
  while (pointed(world) < 192) {
    // Time for ten partitions a minute.
    let left = 10;
    const { sent, counts } = await releaser(world, () => (left-- > 0 ? 55_000 : 0))();
    rounds.push(sent);
    expect(counts.unfinished).toBe(54);
    await world.clock.advance(minuteMs);
    if (rounds.length > 70) break;
  }
  expect(pointed(world)).toBe(192);
  expect(rounds.length).toBeLessThanOrEqual(64);
});

it('a release that dies at any moment: the next ones send what is left, and no job is without its entry', async () => {
  const arranged = () => {
    const world = aWorld();
    far(world, 30, 2);
    return world;
  };
  const calm = arranged();
  await releaser(calm)();
  const moments = calm.faults.moments();
  expect(moments).toBeGreaterThanOrEqual(130);
  for (let moment = 1; moment <= moments; moment += 3) {
    const world = arranged();
    world.faults.crashAt(moment);
    await releaser(world)().catch(() => {});
    world.faults.restart();
    expect(
      world.store.all().every((each) => each.attention !== undefined),
      `moment ${moment}`,
    ).toBe(true);
    // What died between write and send is sent a minute after its time.
    await world.clock.advance(16 * minuteMs);
    await releaser(world)();
    expect(pointed(world), `moment ${moment}`).toBe(30);
  }
});

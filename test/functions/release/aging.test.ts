import { expect, it } from 'vitest';
import type { Counts } from '../../../core/telemetry.ts';
import { release } from '../../../functions/release/release.ts';
import { aJob } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld, type World } from '../../support/world.ts';

const minuteMs = 60_000;

async function released(world: World): Promise<Counts> {
  const counts: Counts = {};
  const onError = () => {};
  await release({ ...world, now: world.clock.now, onError })(() => 55_000, counts);
  return counts;
}

/** So many messages, of nobody's, in a lane. */
function fill(world: World, lane: string, count: number): void {
  for (let index = 0; index < count; index++) world.point(lane, aJob());
}

const pointersTo = (world: World, jobId: string) =>
  ['critical', 'high', 'normal', 'low', 'quarantine'].filter((lane) =>
    world.lanes.waiting(lane).some((each) => each.job === jobId),
  );

it('a job that waits in a late lane rises lane by lane, and any of its pointers runs it once', async () => {
  const world = aWorld();
  const job = await world.job('late', {
    priority: 0,
    attention: 'due#07',
    attentionAt: start + 5 * minuteMs,
  });
  world.point('low', job);
  for (const lane of ['low', 'normal', 'high', 'critical']) fill(world, lane, 20);
  const rose: [number, string[]][] = [];
  for (let minute = 0; minute <= 40; minute++) {
    const before = pointersTo(world, job.sk).length;
    await released(world);
    const lanes = pointersTo(world, job.sk);
    if (lanes.length > before) rose.push([minute, lanes]);
    await world.clock.advance(minuteMs);
  }
  expect(rose).toEqual([
    [5, ['normal', 'low']],
    [10, ['high', 'normal', 'low']],
    [20, ['critical', 'high', 'normal', 'low']],
  ]);
  let starts = 0;
  const counting = worker(world, (async (payload: unknown) => {
    if (payload === 'late') starts++;
  }) as never);
  for (const lane of ['critical', 'critical', 'critical', 'high', 'normal', 'low', 'low', 'low'])
    await counting.invoke(lane);
  expect(starts).toBe(1);
  expect(world.store.peek(job.sk)).toMatchObject({ status: 'completed' });
});

it('a purged lane: what waited in it goes back into it', async () => {
  const world = aWorld();
  for (let count = 0; count < 130; count++)
    world.store.put(aJob({ attention: 'due#07', attentionAt: start + 5 * minuteMs }));
  await world.clock.advance(5 * minuteMs);
  expect(await released(world)).toMatchObject({ foundLost: 130 });
  expect(world.lanes.waiting('normal')).toHaveLength(130);
  expect(world.lanes.waiting('high')).toEqual([]);
});

it('a lane above takes 500 aged jobs, and the others wait: urgent jobs are not buried under late ones', async () => {
  const world = aWorld();
  fill(world, 'normal', 10);
  fill(world, 'high', 470);
  for (let count = 0; count < 100; count++)
    world.store.put(aJob({ attention: 'due#07', attentionAt: start + 5 * minuteMs }));
  await world.clock.advance(5 * minuteMs);
  expect(await released(world)).toMatchObject({ aged: 30 });
  expect(world.lanes.waiting('high')).toHaveLength(500);
  const postponed = world.store.all().filter((each) => each.attentionAt === start + 10 * minuteMs);
  expect(postponed).toHaveLength(100);
});

it('lanes are asked once a run, and not at all while nothing starves', async () => {
  const world = aWorld();
  for (let count = 0; count < 250; count++)
    world.store.put(aJob({ attention: 'due#07', attentionAt: start + minuteMs }));
  await world.clock.advance(minuteMs);
  await released(world);
  expect(world.faults.calls.filter((each) => each.startsWith('depth'))).toEqual([]);
  await world.clock.advance(5 * minuteMs);
  await released(world);
  expect(world.faults.calls.filter((each) => each.startsWith('depth'))).toHaveLength(2);
});

it('a lane that cannot be asked keeps nobody from being sent', async () => {
  const world = aWorld();
  world.store.put(aJob({ attention: 'due#07', attentionAt: start + 5 * minuteMs }));
  await world.clock.advance(5 * minuteMs);
  world.faults.throwBefore('depth');
  world.faults.throwBefore('depth');
  expect(await released(world)).toMatchObject({ aged: 1, unfinished: 0 });
});

import { expect, it } from 'vitest';
import { release } from '../../../functions/release/release.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld, type World } from '../../support/world.ts';
import { burier } from './dead.ts';

const lanes = ['normal', 'quarantine'] as const;
const hourMs = 3_600_000;

/** Workers, bury and release over one world; until the clock has come there, the workers' calls of the table are refused. */
function stage(world: World, brokenUntil: number) {
  const { change } = world.store;
  const store = {
    ...world.store,
    change: async (changes: Parameters<typeof change>[0]) => {
      if (world.clock.now() < brokenUntil) throw new Error('AccessDenied');
      return change(changes);
    },
  };
  const started: number[] = [];
  const workers = worker(world, async () => void started.push(world.clock.now() - start), { store });
  const bury = burier(world);
  const step = release({ ...world, now: world.clock.now, onError: () => {} });
  const pointers = () => [...lanes, 'dead'].flatMap((lane) => world.lanes.waiting(lane)).length;
  let most = 0;
  /** Five seconds at a time; release each minute. */
  const runUntil = async (at: number) => {
    while (world.clock.now() < at) {
      for (const lane of lanes) await workers.invoke(lane);
      await bury.invoke();
      if (world.clock.now() % 60_000 === 0) await step(() => 60_000, {});
      most = Math.max(most, pointers());
      await world.clock.advance(5_000);
    }
  };
  return { runUntil, started, counts: bury.counts, most: () => most };
}

it('workers that cannot claim for half a day: no attempt is spent, pointers do not breed, and the job starts within a minute', {
  timeout: 60_000,
}, async () => {
  const world = aWorld();
  const job = await world.job('a payload');
  world.point('normal', job);
  const { runUntil, started, counts, most } = stage(world, start + 12 * hourMs);
  await runUntil(start + 12 * hourMs);
  expect(world.store.peek(job.sk)).toMatchObject({
    status: 'pending',
    attempt: 0,
    attemptsLeft: 5,
    fence: 0,
  });
  expect(counts.failed).toBeUndefined();
  // A message lives for some 17 minutes: 5, 10, 20, 40 and sixteen times 60 s.
  expect(world.store.peek(job.sk)?.buried).toBe(41);
  expect(most()).toBeLessThanOrEqual(5);
  await runUntil(start + 12 * hourMs + 65_000);
  expect(world.store.peek(job.sk)).toMatchObject({ status: 'completed', attempt: 1 });
  expect(started).toHaveLength(1);
});

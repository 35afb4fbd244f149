import { expect, it } from 'vitest';
import { worker } from '../../support/worker.ts';
import { aWorld, type World } from '../../support/world.ts';

/** Two jobs that succeed, one that fails once and then succeeds, one that fails for good at its third start. */
async function fourJobs(): Promise<{ world: World; ids: string[] }> {
  const world = aWorld();
  const payloads = ['ok', 'ok too', 'fails once', 'fails always'];
  const jobs = await Promise.all(payloads.map((each) => world.job(each, { attemptsLeft: 3 })));
  world.point('normal', ...jobs);
  return { world, ids: jobs.map((each) => each.sk) };
}

function aWorker(world: World) {
  return worker(world, (async (payload: string, { attempt }: { attempt: number }) => {
    if (payload === 'fails always' || (payload === 'fails once' && attempt === 1)) throw new Error(payload);
    return payload;
  }) as never);
}

/** Fresh workers look at every lane, a minute apart, until no message is left. */
async function runOut(world: World): Promise<void> {
  const lanes = ['normal', 'quarantine'];
  for (let minute = 0; minute < 60; minute++) {
    for (const lane of lanes) await aWorker(world).invoke(lane);
    if (lanes.every((lane) => world.lanes.waiting(lane).length === 0)) return;
    await world.clock.advance(60_000);
  }
}

it('a worker that dies at any moment loses no job, and finishes none twice', async () => {
  const calm = await fourJobs();
  await aWorker(calm.world).invoke('normal');
  const moments = calm.world.faults.moments();
  expect(moments).toBeGreaterThanOrEqual(20);

  for (let moment = 1; moment <= moments; moment++) {
    const { world, ids } = await fourJobs();
    const settled = new Map<string, number>();
    const { change } = world.store;
    world.store.change = async (changes) => {
      const before = ids.map((id) => world.store.peek(id)?.status);
      try {
        return await change(changes);
      } finally {
        ids.forEach((id, index) => {
          const after = world.store.peek(id)?.status ?? '';
          if (after !== before[index] && /completed|failed/.test(after))
            settled.set(id, (settled.get(id) ?? 0) + 1);
        });
      }
    };
    world.faults.crashAt(moment);
    // What a dead process answers is not heard: its messages come back with their lane.
    const { finish } = world.lanes;
    world.lanes.finish = () => {};
    await aWorker(world)
      .invoke('normal')
      .catch(() => {});
    world.lanes.finish = finish;
    world.faults.restart();
    await runOut(world);

    const ends = ids.map((id) => world.store.peek(id));
    expect(
      ends.map((each) => each?.status),
      `moment ${moment}`,
    ).toEqual(['completed', 'completed', 'completed', 'failed']);
    expect(
      ends.every((each) => each!.attempt <= 3),
      `moment ${moment}`,
    ).toBe(true);
    expect([...settled.values()], `moment ${moment}`).toEqual([1, 1, 1, 1]);
  }
});

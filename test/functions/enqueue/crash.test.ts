import { expect, it } from 'vitest';
import { enqueuer, told } from '../../support/requests.ts';
import { aWorld, type World } from '../../support/world.ts';

const body = [1, 2, 3].map((payload) => ({ type: 'echo', payload }));
const key = { idempotencyKey: 'order-17' };
const pointers = (world: World) => world.lanes.waiting('normal').map((each) => each.job);
const accepted = (world: World) => world.store.all().filter((each) => each.status === 'pending');

/** Moments of an undisturbed call: before and after each of its calls. */
async function momentsOf(fields: object): Promise<number> {
  const world = aWorld();
  await enqueuer(world).post(body, fields);
  return world.faults.moments();
}

/** A world in which the enqueue process died at this moment. */
async function diedAt(moment: number, fields: object): Promise<World> {
  const world = aWorld();
  world.faults.crashAt(moment);
  await expect(enqueuer(world).post(body, fields)).rejects.toThrow(`died at moment ${moment}`);
  world.faults.restart();
  return world;
}

it.each([
  ['without a key', {}],
  ['with a key', key],
])('a crash at any moment, %s: never a job without a pointer', async (_, fields) => {
  const moments = await momentsOf(fields);
  expect(moments).toBeGreaterThanOrEqual(10);
  const jobs = new Set<number>();
  for (let moment = 1; moment <= moments; moment++) {
    const world = await diedAt(moment, fields);
    for (const job of accepted(world)) expect(pointers(world), `moment ${moment}`).toContain(job.sk);
    jobs.add(accepted(world).length);
  }
  expect([...jobs].sort()).toEqual([0, 3]);
});

it('a crash at any moment, then the repeat a minute later: each job exactly once', async () => {
  const moments = await momentsOf(key);
  for (let moment = 1; moment <= moments; moment++) {
    const world = await diedAt(moment, key);
    await world.clock.advance(61_000);
    const answer = told(await enqueuer(world).post(body, key));
    expect(answer.status, `moment ${moment}`).toBe(207);
    const ids = (answer.body.results as { id?: string }[]).map((each) => each.id);
    expect(ids.sort(), `moment ${moment}`).toEqual(
      accepted(world)
        .map((each) => each.sk)
        .sort(),
    );
    for (const job of accepted(world)) expect(pointers(world), `moment ${moment}`).toContain(job.sk);
    expect(ids).toHaveLength(3);
  }
});

import { expect, it } from 'vitest';
import { aWaitingWorld, type WaitingWorld } from './waiting-world.ts';

/** Posts a job under a key, again and again until it is taken, as a client does. */
async function posted(world: WaitingWorld, key: string, body: object, does = {}): Promise<string> {
  for (let tries = 0; tries < 3; tries++) {
    const answer = await world.enqueue(does, body, key).catch(() => undefined);
    world.world.faults.restart();
    if (answer !== undefined && 'id' in answer.body) return String(answer.body.id);
    await world.run(61);
  }
  throw new Error(`job "${key}" was never taken`);
}

/** A chain of three, one more that waits for two of them, and one that must not wait in vain; the process at work dies `at` this moment. */
async function through(at = Number.POSITIVE_INFINITY) {
  const it = aWaitingWorld();
  it.world.faults.crashAt(at);
  const a = await posted(it, 'a', {});
  const b = await posted(it, 'b', { dependencies: [a] });
  const c = await posted(it, 'c', { dependencies: [b] });
  const both = await posted(it, 'both', { dependencies: [a, c], delay_seconds: 5 });
  const fails = await posted(it, 'fails', { dependencies: [b] }, { fails: true });
  const missed = await posted(it, 'missed', { dependencies: [fails, c] });
  const anyway = await posted(it, 'anyway', { dependencies: [{ id: missed, on_failure: 'continue' }] });
  await it.run(3 * 60 * 60);
  return { it, jobs: { a, b, c, both, fails, missed, anyway } };
}

it('a process that dies at any moment: everything ends as it must, in its order, and nobody waits for ever', async () => {
  const calm = await through();
  const moments = calm.it.world.faults.moments();
  const expected = {
    a: 'completed',
    b: 'completed',
    c: 'completed',
    both: 'completed',
    fails: 'failed',
    missed: 'cancelled',
    anyway: 'completed',
  };
  const statusesOf = ({ it, jobs }: Awaited<ReturnType<typeof through>>) =>
    Object.fromEntries(Object.entries(jobs).map(([name, id]) => [name, it.record(id).status]));
  expect(statusesOf(calm)).toEqual(expected);

  let deaths = 0;
  for (let at = 1; at <= moments; at++) {
    const gone = await through(at);
    expect(statusesOf(gone), `moment ${at}`).toEqual(expected);
    const { it, jobs } = gone;
    const begins = (id: string) => it.begun.indexOf(id);
    expect(begins(jobs.a), `moment ${at}`).toBeLessThan(begins(jobs.b));
    expect(begins(jobs.b), `moment ${at}`).toBeLessThan(begins(jobs.c));
    expect(begins(jobs.c), `moment ${at}`).toBeLessThan(begins(jobs.both));
    expect(it.begun, `moment ${at}`).not.toContain(jobs.missed);
    const live = it.world.store.all().filter(({ status }) => status !== 'void');
    expect(live.map(({ sk }) => sk).sort(), `moment ${at}`).toEqual(Object.values(jobs).sort());
    deaths++;
  }
  expect(deaths).toBeGreaterThan(100);
}, 120_000);

it('without a crash nobody is brought on by an entry: a chain of ten takes no minute', async () => {
  const it = aWaitingWorld();
  const chain: string[] = [];
  for (let count = 0; count < 10; count++) {
    const before = chain.at(-1);
    chain.push(await it.job({}, before === undefined ? { delay_seconds: 10 } : { dependencies: [before] }));
  }
  await it.run(30);
  expect(new Set(it.statuses(...chain))).toEqual(new Set(['completed']));
  expect(it.begun).toEqual(chain);
});

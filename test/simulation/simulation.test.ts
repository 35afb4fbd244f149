import { expect, test } from 'vitest';
import { runHistory } from './history.ts';
import { plants } from './plants.ts';

/** Seeds that broke a promise once: docs/decisions/0004. */
const onceBroken = [20842, 22657, 24396, 28749, 40124, 42071];
const seeds = Array.from({ length: 500 }, (_, seed) => seed);

test('500 histories full of faults break no promise', { timeout: 120_000 }, async () => {
  for (const seed of [...seeds, ...onceBroken]) {
    const { broken } = await runHistory(seed);
    expect(broken, `see its history: npm run simulate -- --seed ${seed}`).toBeUndefined();
  }
});

test('a seed replays exactly', async () => {
  expect(await runHistory(7)).toEqual(await runHistory(7));
});

test.each(Object.entries(plants))(
  'a planted bug is found: %s',
  { timeout: 120_000 },
  async (_name, plant) => {
    let found: string | undefined;
    for (const seed of seeds) {
      found = (await runHistory(seed, plant)).broken;
      if (found !== undefined) break;
    }
    expect(found).toBeTypeOf('string');
  },
);

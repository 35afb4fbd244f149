import { expect, test } from 'vitest';
import { runHistory } from './history.ts';
import { drawPlan } from './plan.ts';

const seeds = Array.from({ length: 1_000 }, (_, seed) => seed);
/**
 * Seeds that broke a promise once: a cancel asked for while bury looked for the cause of a death; an old receipt
 * handle that deleted the message through which another held the job by then; a cancel that the SDK sent again,
 * and that arrived after a person had retried the job; a cancel asked for while a worker looked for the cause of a death.
 */
const onceBroken = [5051, 7994, 29954, 75991, 5363];

test('1,000 histories full of faults break no promise', { timeout: 300_000 }, async () => {
  const broken = [];
  for (const seed of [...seeds, ...onceBroken]) {
    const history = await runHistory(drawPlan(seed));
    if (history.broken !== undefined)
      broken.push({ ...history.broken, replay: `npm run simulate -- --seed ${seed}` });
  }
  expect(broken).toEqual([]);
});

test('a seed replays exactly', async () => {
  const first = await runHistory(drawPlan(7), { told: true });
  expect(first.lines.length).toBeGreaterThan(20);
  expect(await runHistory(drawPlan(7), { told: true })).toEqual(first);
});

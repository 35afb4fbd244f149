import { expect, test } from 'vitest';
import { type History, runHistory } from './history.ts';
import { drawPlan } from './plan.ts';
import { notYet, type Plant, plants } from './plants.ts';
import { shrink } from './shrink.ts';

const mostSeeds = 1_000;

async function findBroken(plant: Plant): Promise<{ seed: number; history: History } | undefined> {
  for (let seed = 0; seed < mostSeeds; seed++) {
    const history = await runHistory(drawPlan(seed, plant.about), { plant });
    if (history.broken !== undefined) return { seed, history };
  }
  return undefined;
}

test.each(Object.entries(plants))(
  'within 1,000 seeds it is found and named: %s',
  { timeout: 300_000 },
  async (_name, plant) => {
    const found = await findBroken(plant);
    expect(plant.breaks).toContain(found?.history.broken?.promise);
  },
);

test('of the protocol’s list these are not planted', () => {
  expect(Object.keys(notYet)).toEqual(['gate opened between check and park']);
});

test('one of a workflow shrinks to a workflow of a few nodes, and replays', {
  timeout: 300_000,
}, async () => {
  const plant = plants['a message is given up before the workflow is told'] as Plant;
  const found = await findBroken(plant);
  if (found === undefined) throw new Error('the plant was not found');
  const { plan, history } = await shrink(drawPlan(found.seed, plant.about), found.history, plant);
  expect(history.broken?.promise).toBe('an end is told');
  expect(plan.workflows.flatMap(({ nodes }) => nodes).length).toBeLessThanOrEqual(2);
  expect(history.struck.length).toBeLessThanOrEqual(6);
  expect(await runHistory(plan, { plant })).toEqual(history);
});

test('a broken history shrinks to a short one of the same promise, and that replays', {
  timeout: 300_000,
}, async () => {
  const plant = plants['a settle by id alone'] as Plant;
  const found = await findBroken(plant);
  if (found === undefined) throw new Error('the plant was not found');
  const { plan, history } = await shrink(drawPlan(found.seed, plant.about), found.history, plant);
  expect(history.broken?.promise).toBe('a late attempt leaves nothing');
  expect(plan.clients.flatMap(({ jobs }) => jobs).length).toBeLessThanOrEqual(3);
  expect(history.struck.length).toBeLessThanOrEqual(6);
  expect(history.events).toBeLessThan(found.history.events);
  expect(await runHistory(plan, { plant })).toEqual(history);
});

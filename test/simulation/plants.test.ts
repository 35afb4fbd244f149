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

test.each([
  ['fence = attempt with refund', 'the fence is the attempt: a refund lowers it'],
  ['own claim taken for lost', 'its own claim, its answer lost, is taken for another'],
  ['pointer before record on retry', 'pointer before record on a retry by a person'],
  ['send before settle', 'send before settle'],
  ['phantom dropped without tombstone', 'a pointer to nothing is dropped without a tombstone'],
  ['batch claim takes running', 'a claim takes running jobs'],
  ['event loop blocked', 'leases are renewed on the event loop that a handler blocks'],
  ['event loop blocked 45 s with a batch of ten', 'a lease ends before a blocked event loop does'],
  ['a message lost silently', 'a pointer is lost without a word'],
  ['bury without judging', 'bury fails jobs without judging them'],
  ['hiding until tomorrow', 'messages are hidden until tomorrow'],
  ['payload row throttled, record row accepted', 'a payload is not written, and its record is'],
  ['two calls with one key', 'a key is read, and then written'],
  ['node settles between read and token', 'a node settles between the read and the token'],
  ['settle by id alone', 'a settle by id alone'],
  ['expiry on an open record', 'an open record keeps its expiry'],
  ['claim removes the entry', 'a claim removes the entry'],
  ['quarantine claim without the time', 'quarantine claims what it saw over without looking again'],
  ['renewal that revives', 'a renewal asks for the fence alone'],
  ['trust counted from the last send', 'trust is counted from the last send'],
  ['folded messages acknowledged early', 'folded messages are acknowledged with the first'],
  ['my settle by fence alone', 'a settle is known by its fence alone'],
  ['gate opened between check and park', undefined],
])('of the protocol’s list “%s” is planted, or said not to be yet', (listed, planted) => {
  expect(planted === undefined ? Object.keys(notYet) : Object.keys(plants)).toContain(planted ?? listed);
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

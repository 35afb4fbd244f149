import { describe, expect, test } from 'vitest';
import { aWorkflowWorld } from './workflow-world.ts';

/** Runs nodes to the end; the jobs of `failing` (places in the flat list) fail, every other gives `{of: place}`. */
async function run(nodes: unknown[], failing: number[]) {
  const it = aWorkflowWorld();
  await it.create(nodes);
  await it.advance();
  return [await it.finish(failing), await it.letters()];
}

describe('on_failure of a sub-workflow is for all that is in it', () => {
  // etl:start, etl/a, etl/b, etl, after
  const etl = (on_failure: string, more: object = {}) => [
    { key: 'before', type: 'booking' },
    {
      key: 'etl',
      depends_on: ['before'],
      on_failure,
      workflow: {
        nodes: [
          { key: 'a', type: 'task', ...more },
          { key: 'b', type: 'task', depends_on: ['a'] },
        ],
      },
    },
    { key: 'after', type: 'task', depends_on: ['etl'] },
  ];
  test('continue: what comes after it runs, and the workflow completes', async () => {
    expect(await run(etl('continue'), [2])).toEqual(['completed', 'ccfxfc']);
  });
  test('compensate: what was done before it is undone', async () => {
    expect(await run(etl('compensate'), [2])).toEqual(['compensated', 'dcfxfx']);
  });
  test('cancel: it has failed, and what comes after it is cancelled', async () => {
    expect(await run(etl('cancel'), [2])).toEqual(['failed', 'ccfxfx']);
  });
  test('a failure that a node in it lets pass is none of it', async () => {
    expect(await run(etl('compensate', { on_failure: 'continue' }), [2])).toEqual(['completed', 'ccfccc']);
  });
  test('it ends with the last of its nodes', async () => {
    const it = aWorkflowWorld();
    await it.create([
      {
        key: 'etl',
        on_failure: 'continue',
        workflow: {
          nodes: [
            { key: 'a', type: 'task' },
            { key: 'b', type: 'task' },
          ],
        },
      },
      { key: 'after', type: 'task', depends_on: ['etl'] },
    ]);
    await it.advance();
    for (const job of it.live()) if (it.nodeOf(job) === 1) await it.end(job, 'failed');
    await it.publishAll();
    await it.advance();
    expect(await it.letters()).toBe('cfrww');
  });
  test('what was cancelled with what comes before it, is', async () => {
    expect(await run(etl('continue'), [0])).toEqual(['failed', 'fxxxxc']);
  });
});

describe('on_failure of a map is for its elements', () => {
  const each = (on_failure: string) => [
    { key: 'list', type: 'booking', payload: {} },
    { key: 'each', type: 'task', map: { over: { node: 'list', pointer: '/items' } }, on_failure },
    { key: 'after', type: 'task', depends_on: ['each'] },
  ];
  async function runMap(on_failure: string) {
    const it = aWorkflowWorld();
    await it.create(each(on_failure));
    await it.advance();
    for (const job of it.live()) await it.end(job, 'completed', { items: ['x', 'y'] });
    await it.publishAll();
    await it.advance();
    return [await it.finish([3]), await it.letters()];
  }
  test('continue', async () => {
    expect(await runMap('continue')).toEqual(['completed', 'cfcfc']);
  });
  test('compensate', async () => {
    expect(await runMap('compensate')).toEqual(['compensated', 'dfxfc']);
  });
});

test('a map that fails with elements that never began turns the workflow round too', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'list', type: 'booking' },
    {
      key: 'each',
      type: 'task',
      map: { over: { node: 'list' }, max_concurrency: 1 },
      on_failure: 'compensate',
    },
    { key: 'after', type: 'task', depends_on: [{ key: 'each', on_failure: 'continue' }] },
  ]);
  await it.advance();
  for (const job of it.live()) await it.end(job, 'completed', ['x', 'y']);
  await it.publishAll();
  await it.advance();
  expect([await it.finish([3]), await it.letters()]).toEqual(['compensated', 'dfxfx']);
});

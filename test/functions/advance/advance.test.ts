import { expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { aWorkflowWorld, tenant, workflowId } from './workflow-world.ts';

const payloadOf = async ({ world }: ReturnType<typeof aWorkflowWorld>, record: JobRecord) =>
  world.vault.open(record.payload, { tenant, jobId: record.sk, field: 'payload' });

test('a chain: each job is started when the one before has ended, with its result', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task', payload: { x: 1 } },
    { key: 'b', type: 'task', payload: { fixed: true }, from: { '/rows': { node: 'a', pointer: '/count' } } },
  ]);
  expect(it.executions.started.has(workflowId)).toBe(true);
  expect(await it.advance()).toMatchObject({ outcome: 'resting', rounds: 1 });
  const [first] = it.live();
  expect(await payloadOf(it, first as JobRecord)).toEqual({ x: 1 });
  await it.end(first as JobRecord, 'completed', { count: 7 });
  await it.publishAll();
  expect(it.executions.answers.get('token-1')).toEqual({ done: false, waitSeconds: 60 });
  expect(await it.advance()).toMatchObject({ outcome: 'resting', nodesRead: 1 });
  const [second] = it.live();
  expect(await payloadOf(it, second as JobRecord)).toEqual({ fixed: true, rows: 7 });
  await it.end(second as JobRecord, 'completed');
  await it.publishAll();
  expect(await it.advance()).toMatchObject({ outcome: 'ended' });
  expect(it.item()).toMatchObject({ status: 'completed', advancesInAll: 3 });
  expect(it.executions.answers.get('token-3')).toEqual({ done: true, waitSeconds: 60 });
});

test('ends that come together cost one advance', async () => {
  const it = aWorkflowWorld();
  await it.create([
    ...Array.from({ length: 20 }, (_, index) => ({ key: `n${index}`, type: 'task' })),
    { key: 'join', type: 'task', depends_on: Array.from({ length: 20 }, (_, index) => `n${index}`) },
  ]);
  await it.advance();
  for (const record of it.live()) await it.end(record, 'completed');
  await it.publishAll();
  expect(await it.advance()).toMatchObject({ outcome: 'resting', nodesRead: 0 });
  expect(await it.letters()).toBe(`${'c'.repeat(20)}r`);
});

test('a map: one job an element, within its bound, results gathered in order', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'list', type: 'task' },
    {
      key: 'each',
      type: 'task',
      map: { over: { node: 'list', pointer: '/files' }, max_concurrency: 2 },
      from: { '/file': { element: '' }, '/at': { index: true } },
    },
    { key: 'join', type: 'task', from: { '/all': { node: 'each' } } },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed', { files: ['a', 'b', 'c'] });
  await it.publishAll();
  await it.advance();
  expect(await it.letters()).toBe('crwrrw');
  const two = it.live();
  expect(await Promise.all(two.map((each) => payloadOf(it, each)))).toEqual(
    expect.arrayContaining([
      { file: 'a', at: 0 },
      { file: 'b', at: 1 },
    ]),
  );
  for (const each of two) await it.end(each, 'completed', { of: it.nodeOf(each) });
  await it.publishAll();
  await it.advance();
  const [third] = it.live();
  expect(await payloadOf(it, third as JobRecord)).toEqual({ file: 'c', at: 2 });
  await it.end(third as JobRecord, 'completed', { of: 5 });
  await it.publishAll();
  await it.advance();
  expect(await payloadOf(it, it.live()[0] as JobRecord)).toEqual({ all: [{ of: 3 }, { of: 4 }, { of: 5 }] });
});

test('a saga: what was completed is undone, given what it was given and what it returned', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'reserve', type: 'booking', payload: { seat: 1 } },
    { key: 'charge', type: 'task', depends_on: ['reserve'], on_failure: 'compensate' },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed', { ticket: 9 });
  await it.publishAll();
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'failed');
  await it.publishAll();
  await it.advance();
  expect(await it.letters()).toBe('uf');
  const [undo] = it.live();
  expect(undo?.workflow).toBe(`${workflowId}#0#0#undo`);
  expect(await payloadOf(it, undo as JobRecord)).toEqual({ payload: { seat: 1 }, result: { ticket: 9 } });
  await it.end(undo as JobRecord, 'completed');
  await it.publishAll();
  expect(await it.advance()).toMatchObject({ outcome: 'ended' });
  expect(it.item()).toMatchObject({ status: 'compensated', phase: 'compensating' });
});

test('a payload that does not fit fails its node, with the reason, and what depends on it is cancelled', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    { key: 'b', type: 'strict', from: { '/n': { node: 'a' } } },
    { key: 'c', type: 'task', depends_on: ['b'] },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed', 'text');
  await it.publishAll();
  expect(await it.advance()).toMatchObject({ outcome: 'ended' });
  expect(await it.letters()).toBe('cfx');
  expect(it.item()).toMatchObject({
    status: 'failed',
    causes: { 1: 'the payload does not fit job type "strict"; /payload/n must be a number' },
  });
});

test('a wake-up that was lost is found by the timeout of the wait', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    { key: 'b', type: 'task', depends_on: ['a'] },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed');
  expect(await it.advance({ timedOut: true })).toMatchObject({ outcome: 'again' });
  expect(it.executions.answers.get('token-2')).toEqual({ done: false, waitSeconds: 120 });
  expect(await it.letters()).toBe('cr');
});

test('a payload that does not fit names what `from` did not find', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    { key: 'b', type: 'task', on_failure: 'continue' },
    {
      ...{ key: 'c', type: 'strict', payload: {} },
      from: { '/n': { node: 'a', pointer: '/cuont' }, '/b~1c': { node: 'b' } },
    },
    { key: 'd', type: 'task', payload: {}, from: { '/n': { node: 'a', pointer: '/cuont' } } },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed', { count: 7 });
  await it.end(it.live()[0] as JobRecord, 'failed');
  await it.publishAll();
  await it.advance();
  expect(it.item()?.causes).toEqual({
    2: 'the payload does not fit job type "strict"; from/~1n: the result of "a" has nothing at /cuont; from/~1b~01c: "b" has no result; /payload/n is missing',
  });
  // What its type does not ask for may be missing.
  expect(await payloadOf(it, it.live()[0] as JobRecord)).toEqual({});
});

test('a signal is kept when it comes before it is awaited, and awaited until its deadline', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    { key: 'ok', signal: 'approval', depends_on: ['a'], timeout_seconds: 30 },
    { key: 'b', type: 'task', depends_on: ['ok'] },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed');
  await it.publishAll();
  expect(await it.advance()).toMatchObject({ outcome: 'again' });
  expect(it.executions.answers.get('token-2')).toEqual({ done: false, waitSeconds: 30 });
  expect(await it.advance({ waitSeconds: 30 })).toMatchObject({ outcome: 'resting' });
  await it.world.clock.advance(30_000);
  expect(await it.advance({ waitSeconds: 30, timedOut: true })).toMatchObject({ outcome: 'ended' });
  expect(it.item()?.status).toBe('failed');
  expect((await it.call('getWorkflow')).body).toMatchObject({
    nodes: [{}, { status: 'failed', cause: 'the signal did not come in time' }, {}],
  });
});

test('a second advance at the same time changes nothing twice', async () => {
  const it = aWorkflowWorld();
  await it.create(Array.from({ length: 5 }, (_, index) => ({ key: `n${index}`, type: 'task' })));
  await Promise.all([it.advance(), it.advance()]);
  expect(it.live()).toHaveLength(5);
  expect(await it.letters()).toBe('rrrrr');
});

test('a condition sees states as they are when it is judged, those of this very advance too', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    { key: 'b', type: 'task', depends_on: ['a'], when: 'states.a == "failed"' },
    { key: 'c', type: 'task', depends_on: ['b'], when: 'states.b == "skipped"' },
    { key: 'd', type: 'task', depends_on: ['b'], when: 'states.b == "waiting"' },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed');
  await it.publishAll();
  await it.advance();
  expect(await it.letters()).toBe('csrs');
});

test('a condition that would be judged for ever fails its node', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    { key: 'b', type: 'task', depends_on: ['a'], when: 'results.a.all(x, x in results.a)' },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed', [...Array(400_000).keys()]);
  await it.publishAll();
  await it.advance();
  expect(it.item()).toMatchObject({
    status: 'failed',
    causes: { 1: 'the condition was not judged in the time it has: 1000 ms at the most' },
  });
});

test('maps fill a workflow to 50,000 nodes, and no further', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'list', type: 'task' },
    ...Array.from({ length: 6 }, (_, index) => ({
      key: `map${index}`,
      type: 'task',
      map: { over: { node: 'list' }, max_concurrency: 1 },
    })),
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed', Array(9_998).fill(0));
  await it.publishAll();
  await it.advance();
  expect((await it.letters()).length).toBe(7 + 5 * 9_998);
  expect(it.item()?.causes).toEqual({
    6: 'with its 9998 elements the workflow would have more than 50000 nodes',
  });
});

test('pointers of many nodes are not held back: each would wait for what seldom happens', async () => {
  const it = aWorkflowWorld();
  await it.create(Array.from({ length: 30 }, (_, index) => ({ key: `n${index}`, type: 'task' })));
  await it.advance();
  const waiting = it.world.lanes.waiting('normal');
  expect(waiting).toHaveLength(30);
  expect(waiting.every(({ inSeconds }) => inSeconds === 0)).toBe(true);
});

test('a deadline that has come nearer while the state began does not make it go round', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'ok', signal: 'approval', timeout_seconds: 300 }]);
  await it.advance();
  await it.world.clock.advance(270_000);
  expect(await it.advance()).toMatchObject({ outcome: 'again' });
  expect(it.executions.answers.get('token-2')).toEqual({ done: false, waitSeconds: 30 });
  await it.world.clock.advance(1_800);
  expect(await it.advance({ waitSeconds: 30 })).toMatchObject({ outcome: 'resting' });
});

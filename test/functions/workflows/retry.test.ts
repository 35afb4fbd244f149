import { describe, expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import type { WorkflowItem } from '../../../core/workflow/item.ts';
import { start } from '../../support/clock.ts';
import { aWorkflowWorld, tenant, workflowId } from '../advance/workflow-world.ts';

const diamond = [
  { key: 'a', type: 'task' },
  { key: 'b', type: 'task', depends_on: ['a'] },
  { key: 'c', type: 'task', depends_on: ['a'] },
  { key: 'd', type: 'task', depends_on: ['b', 'c'], from: { '/b': { node: 'b' } } },
];
const payloadOf = ({ world }: ReturnType<typeof aWorkflowWorld>, record: JobRecord) =>
  world.vault.open(record.payload, { tenant, jobId: record.sk, field: 'payload' });
const linksOf = (it: ReturnType<typeof aWorkflowWorld>) =>
  it.world.store
    .all()
    .map(({ workflow }) => workflow?.replace(`${workflowId}#`, ''))
    .sort();

async function ended(nodes: unknown[], failing: number[]) {
  const it = aWorkflowWorld();
  await it.create(nodes);
  await it.advance();
  return { it, status: await it.finish(failing) };
}

describe('failed: what did not end well, and what comes after it', () => {
  test('is run under a new execution, with the results of what ended well', async () => {
    const { it, status } = await ended(diamond, [1]);
    expect([status, await it.letters()]).toEqual(['failed', 'cfcx']);
    expect(await it.call('retryWorkflow')).toMatchObject({
      status: 202,
      body: { status: 'running', phase: 'forward' },
    });
    expect(it.item()).toMatchObject({ execution: 1, round: 1, advances: 0 });
    expect(it.executions.started.has(`${workflowId}-1`)).toBe(true);
    await it.advance();
    expect(await it.letters()).toBe('crcw');
    expect(await it.finish()).toBe('completed');
    expect(linksOf(it)).toEqual(['0#0', '1#0', '1#1000', '2#0', '3#1000']);
    const last = it.world.store.all().find((each) => each.workflow?.endsWith('3#1000')) as JobRecord;
    expect(await payloadOf(it, last)).toEqual({ b: { of: 1 } });
  });

  test('again and again', async () => {
    const { it } = await ended(diamond, [1]);
    await it.call('retryWorkflow');
    await it.advance();
    expect(await it.finish([1])).toBe('failed');
    await it.call('retryWorkflow');
    await it.advance();
    expect(await it.finish()).toBe('completed');
    expect(linksOf(it)).toEqual(['0#0', '1#0', '1#1000', '1#2000', '2#0', '3#2000']);
  });

  test('what ended well although something before it failed is run again too', async () => {
    const { it } = await ended(
      [
        { key: 'a', type: 'task' },
        { key: 'b', type: 'task', depends_on: [{ key: 'a', on_failure: 'continue' }] },
      ],
      [0],
    );
    expect(await it.letters()).toBe('fc');
    await it.call('retryWorkflow');
    await it.advance();
    expect(await it.letters()).toBe('rw');
    expect(await it.finish()).toBe('completed');
  });

  test('whose answer was lost and that the SDK sent again is no refusal', async () => {
    const it = aWorkflowWorld();
    await it.create([{ key: 'a', type: 'task' }]);
    await it.advance();
    await it.finish([0]);
    it.world.faults.sendTwice('reopen');
    expect(await it.call('retryWorkflow')).toMatchObject({ status: 202 });
    expect(it.item()).toMatchObject({ status: 'running', round: 1 });
    await it.advance();
    expect(await it.finish()).toBe('completed');
  });

  test('of a map only the elements that failed', async () => {
    const it = aWorkflowWorld();
    await it.create([
      { key: 'list', type: 'task' },
      { key: 'each', type: 'task', map: { over: { node: 'list' } } },
    ]);
    await it.advance();
    await it.end(it.live()[0] as JobRecord, 'completed', ['x', 'y', 'z']);
    await it.publishAll();
    await it.advance();
    expect(await it.finish([3])).toBe('failed');
    expect(await it.letters()).toBe('cfcfc');
    await it.call('retryWorkflow');
    await it.advance();
    expect(await it.letters()).toBe('crcrc');
    expect(await payloadOf(it, it.live()[0] as JobRecord)).toBe('y');
    expect(await it.finish()).toBe('completed');
    expect(linksOf(it)).toEqual(['0#0', '2#0', '3#0', '3#1000', '4#0']);
  });

  test('a cause is of its round', async () => {
    const nodes = [
      { key: 'each', type: 'task', map: { over: { node: 'list' } } },
      { key: 'list', type: 'task' },
    ];
    const { it, status } = await ended(nodes, []);
    expect([status, await it.letters()]).toEqual(['failed', 'fc']);
    expect(it.item()?.causes).toEqual({ 0: 'what the map goes over is no list' });
    await it.call('retryWorkflow');
    expect(it.item()?.causes).toBeUndefined();
  });

  test('of a saga that was undone all that was', async () => {
    const { it, status } = await ended(
      [
        { key: 'a', type: 'booking' },
        { key: 'b', type: 'task', depends_on: ['a'], on_failure: 'compensate' },
      ],
      [1],
    );
    expect([status, await it.letters()]).toEqual(['compensated', 'df']);
    await it.call('retryWorkflow');
    await it.advance();
    expect(await it.finish([1])).toBe('compensated');
    // Undone a second time by a job of its own.
    expect(linksOf(it)).toEqual(['0#0', '0#0#undo', '0#1000', '0#1000#undo', '1#0', '1#1000']);
  });
});

test('a map whose list is another one at the retry has other elements', async () => {
  for (const [length, letters] of [
    [1, 'crcs'],
    [3, 'crccc'],
  ] as const) {
    const it = aWorkflowWorld();
    await it.create([
      { key: 'list', type: 'task' },
      { key: 'each', type: 'task', map: { over: { node: 'list' }, max_concurrency: 9 } },
    ]);
    const give = async (list: unknown[]) => {
      const record = it.live().find((each) => it.nodeOf(each) === 0) as JobRecord;
      await it.end(record, 'completed', list);
      await it.publishAll();
      await it.advance();
    };
    await it.advance();
    await give(['x', 'y']);
    expect(await it.letters()).toBe('crrr');
    for (const each of it.live()) await it.end(each, 'failed');
    await it.publishAll();
    await it.advance();
    await it.call('retryWorkflow', { json: { mode: 'all' } });
    await it.advance();
    await give(['x', 'y', 'z'].slice(0, length));
    expect(await it.letters()).toBe(letters.replace(/(?<=^cr)c+/, (all) => 'r'.repeat(all.length)));
    expect(
      it
        .live()
        .map((each) => it.nodeOf(each))
        .sort(),
    ).toEqual([2, 3, 4].slice(0, length));
    expect(await it.finish()).toBe('completed');
  }
});

test('all: every node, with the payloads given', async () => {
  const { it } = await ended(diamond, [1]);
  const answer = await it.call('retryWorkflow', {
    json: { mode: 'all', payloads: { a: { new: true }, d: 5 } },
  });
  expect(answer).toMatchObject({ status: 202 });
  await it.advance();
  expect(await it.letters()).toBe('rwww');
  expect(await payloadOf(it, it.live()[0] as JobRecord)).toEqual({ new: true });
  expect(await it.finish()).toBe('completed');
  const last = it.world.store.all().find((each) => each.workflow?.endsWith('3#1000')) as JobRecord;
  expect(await payloadOf(it, last)).toBe(5);
});

test('payloads are checked: nodes that are none, then types they do not fit', async () => {
  const { it } = await ended([{ key: 'a', type: 'strict', payload: { n: 1 } }], [0]);
  expect(await it.call('retryWorkflow', { json: { payloads: { 'x/y': 1 } } })).toMatchObject({
    code: 'invalid_request',
    body: {
      details: [
        { path: '/payloads/x~1y', message: 'must name a node of this workflow that has a job of its own' },
      ],
    },
  });
  expect(await it.call('retryWorkflow', { json: { payloads: { a: { n: 'one' } } } })).toMatchObject({
    code: 'invalid_payload',
    body: { details: [{ path: '/payloads/a/n', message: 'must be a number' }] },
  });
  expect(it.item()?.status).toBe('failed');
});

test('a payload of a node that is not begun anew is refused: nothing would read it', async () => {
  const { it } = await ended(diamond, [1]);
  expect(await it.call('retryWorkflow', { json: { payloads: { a: { new: true } } } })).toMatchObject({
    code: 'invalid_request',
    body: {
      details: [
        {
          path: '/payloads/a',
          message: 'must be of a node that is begun anew; this one ended well: use mode "all"',
        },
      ],
    },
  });
});

test('compensation_failed: its undoing goes on, and nothing else', async () => {
  const { it } = await ended(
    [
      { key: 'a', type: 'booking' },
      { key: 'b', type: 'booking', depends_on: ['a'] },
      { key: 'c', type: 'task', depends_on: ['b'], on_failure: 'compensate' },
    ],
    [1, 2],
  );
  // `finish` fails every job of node 1; so let it be run once, and then its undoing fail.
  expect(it.item()?.status).toBe('failed');
  await it.call('retryWorkflow');
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed');
  await it.publishAll();
  await it.advance();
  expect(await it.finish([1, 2])).toBe('compensation_failed');
  expect(await it.letters()).toBe('cnf');
  expect(await it.call('retryWorkflow', { json: { mode: 'all' } })).toMatchObject({
    code: 'invalid_transition',
  });
  expect(await it.call('retryWorkflow')).toMatchObject({ status: 202, body: { phase: 'compensating' } });
  await it.advance();
  expect(await it.letters()).toBe('cuf');
  expect(await it.finish()).toBe('compensated');
  expect(await it.letters()).toBe('ddf');
});

test('409 while it runs or once it is completed; a call that broke off is made whole by the next', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'a', type: 'task' }]);
  expect(await it.call('retryWorkflow')).toMatchObject({ code: 'invalid_transition' });
  await it.advance();
  expect(await it.finish([0])).toBe('failed');
  it.world.faults.throwBefore('startExecution');
  await expect(it.call('retryWorkflow')).rejects.toThrow();
  expect(it.executions.started.has(`${workflowId}-1`)).toBe(false);
  expect(await it.call('retryWorkflow')).toMatchObject({ status: 202 });
  expect(it.executions.started.has(`${workflowId}-1`)).toBe(true);
  await it.advance();
  expect(await it.call('retryWorkflow')).toMatchObject({ code: 'invalid_transition' });
  expect(await it.finish()).toBe('completed');
  expect(await it.call('retryWorkflow')).toMatchObject({ code: 'invalid_transition' });
});

test('a timeout counts again from the retry', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'a', type: 'task' }], { timeoutAt: it.world.clock.now() + 30_000 });
  await it.advance();
  expect(await it.finish([0])).toBe('failed');
  await it.world.clock.advance(1_000_000);
  await it.call('retryWorkflow');
  const allowedMs = start + 30_000 - Number.parseInt(workflowId.slice(0, 13).replace('-', ''), 16);
  expect(it.item()?.timeoutAt).toBe(start + 1_000_000 + allowedMs);
});

test('the 91st retry is refused, and says so', async () => {
  const { it } = await ended([{ key: 'a', type: 'task' }], [0]);
  const item = await it.workflows.get(tenant, workflowId);
  await it.workflows.reopen(item as WorkflowItem, { set: { round: 90 }, remove: [] });
  expect(await it.call('retryWorkflow')).toMatchObject({
    code: 'invalid_transition',
    body: { error: 'the workflow was retried 90 times, which is the most; start it anew' },
  });
});

test('what a workflow keeps goes 30 days after its end, and stays once it is begun anew', async () => {
  const { it } = await ended([{ key: 'a', type: 'task' }], [0]);
  const kept = async () => (await it.workflows.states(tenant, workflowId))[0] as { expiresAt?: number };
  const days30 = 30 * 24 * 60 * 60;
  expect((await kept()).expiresAt).toBe(start / 1000 + days30);
  await it.call('retryWorkflow');
  await it.advance();
  expect((await kept()).expiresAt).toBeUndefined();
  expect(await it.finish([0])).toBe('failed');
  await it.world.clock.advance((days30 - 1_800) * 1000);
  expect(await it.call('retryWorkflow')).toMatchObject({ code: 'payload_expired' });
});

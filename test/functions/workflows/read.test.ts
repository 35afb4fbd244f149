import { expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import type { WorkflowNodeView } from '../../../core/workflow/api.ts';
import { fitting } from '../../../functions/workflows/read.ts';
import { aWorkflowWorld } from '../advance/workflow-world.ts';

const two = [
  { key: 'a', type: 'task' },
  { key: 'b', type: 'task', depends_on: ['a'] },
];

test('nodes with their jobs; without them it is one read', async () => {
  const it = aWorkflowWorld();
  await it.create(two);
  await it.advance();
  const [job] = it.live() as [JobRecord];
  const whole = await it.call('getWorkflow');
  expect(whole).toMatchObject({
    status: 200,
    body: {
      status: 'running',
      node_counts: { running: 1, waiting: 1 },
      nodes: [
        { key: 'a', status: 'running', job_id: job.sk },
        { key: 'b', status: 'waiting', waits_for: ['a'] },
      ],
      critical_path: [],
    },
  });
  it.world.faults.calls.length = 0;
  const { body } = await it.call('getWorkflow', { query: { nodes: ['false'] } });
  const { nodes: _, critical_path: __, ...without } = whole.body as Record<string, unknown>;
  expect(body).toEqual(without);
  expect(it.world.faults.calls).toEqual([expect.stringMatching(/^getWorkflow/)]);
});

test('400 for another value, and for a parameter that there is none', async () => {
  const it = aWorkflowWorld();
  await it.create(two);
  const wrong: Record<string, string[]>[] = [
    { nodes: ['no'] },
    { nodes: ['true', 'false'] },
    { jobs: ['false'] },
  ];
  for (const query of wrong)
    expect(await it.call('getWorkflow', { query })).toMatchObject({ code: 'invalid_request' });
});

type Node = { key: string; status: string; job_id?: string; cause?: string; compensation?: object };
async function nodesOf(it: ReturnType<typeof aWorkflowWorld>) {
  const { body } = await it.call('getWorkflow');
  const { nodes, ...workflow } = body as { nodes: Node[]; stopped?: string };
  return { nodes, workflow };
}

test('a node whose job was cancelled by itself says so', async () => {
  const it = aWorkflowWorld();
  await it.create(two);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'cancelled');
  await it.publishAll();
  await it.advance();
  expect((await nodesOf(it)).nodes.map(({ status, cause }) => [status, cause])).toEqual([
    ['failed', 'its job was cancelled'],
    ['cancelled', '"a" failed'],
  ]);
});

test('why a node was cancelled or skipped, and no job where there was none', async () => {
  const it = aWorkflowWorld();
  await it.create([
    ...two,
    { key: 'c', type: 'task', depends_on: ['b'] },
    { key: 'd', type: 'task', when: '1 == 2' },
    { key: 'e', type: 'task', from: { '/d': { node: 'd' } } },
    {
      key: 'f',
      type: 'strict',
      payload: {},
      from: { '/n': { node: 'd' } },
      depends_on: ['a'],
      on_failure: 'continue',
    },
  ]);
  await it.advance();
  expect(await it.finish([0])).toBe('failed');
  const { nodes } = await nodesOf(it);
  expect(nodes.map(({ key, status, job_id: job, cause }) => [key, status, job !== undefined, cause])).toEqual(
    [
      ['a', 'failed', true, undefined],
      ['b', 'cancelled', false, '"a" failed'],
      ['c', 'cancelled', false, '"b" was cancelled'],
      ['d', 'skipped', false, 'its condition does not hold'],
      ['e', 'skipped', false, '"d" was skipped'],
      ['f', 'cancelled', false, '"a" failed'],
    ],
  );
});

test('what ended it before its nodes did', async () => {
  const it = aWorkflowWorld();
  await it.create(two, { timeoutAt: it.world.clock.now() + 1_000 });
  await it.advance();
  await it.world.clock.advance(2_000);
  await it.advance({ timedOut: true });
  const { nodes, workflow } = await nodesOf(it);
  expect(workflow).toMatchObject({ status: 'failed', stopped: 'timeout' });
  expect(nodes.map(({ cause }) => cause)).toEqual(['the workflow ran out of time', '"a" was cancelled']);
});

test('a compensation that failed has its job, and why', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'booking' },
    { key: 'b', type: 'task', depends_on: ['a'], on_failure: 'compensate' },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed');
  await it.publishAll();
  await it.advance();
  expect(await it.finish([0, 1])).toBe('compensation_failed');
  const undo = it.world.store.all().find(({ workflow }) => workflow?.endsWith('#undo'));
  const { nodes } = await nodesOf(it);
  expect(nodes[0]).toMatchObject({ status: 'compensation_failed', compensation: { job_id: undo?.sk } });
  expect(nodes[1]?.compensation).toBeUndefined();
});

test('an answer carries what fits: what ended well is left out first', () => {
  const node = (key: string, status: 'completed' | 'failed'): WorkflowNodeView => ({
    key,
    kind: 'job',
    status,
    depends_on: [],
  });
  const nodes = [node('a', 'completed'), node('b', 'failed'), node('c', 'completed'), node('d', 'failed')];
  expect(fitting(nodes, 10_000)).toEqual({ nodes });
  // 62 bytes a completed node, 59 a failed one, each with its comma.
  expect(fitting(nodes, 59 + 59 + 62)).toEqual({ nodes: [nodes[0], nodes[1], nodes[3]], nodes_left_out: 1 });
  expect(fitting(nodes, 60)).toEqual({ nodes: [nodes[1]], nodes_left_out: 3 });
});

test('a sub-workflow that failed says by what', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'etl', workflow: { nodes: [{ key: 'a', type: 'task' }] } }]);
  await it.advance();
  await it.finish([1]);
  const { nodes } = await nodesOf(it);
  expect(nodes.at(-1)).toMatchObject({ key: 'etl', status: 'failed', cause: '"etl/a" failed' });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { WorkflowNodeView, WorkflowWithNodes } from '../../core/workflow/api.ts';
import { aNode, aWorkflow, workflowId } from './a-workflow.ts';
import { aProblem } from './api-server.ts';
import { aTaskq } from './run-taskq.ts';

const nodes = [
  aNode('list', { status: 'completed' }),
  aNode('report', { depends_on: ['list'], status: 'running' }),
];
const withNodes = (own: WorkflowNodeView[], fields: Partial<WorkflowWithNodes> = {}) => ({
  ...aWorkflow(fields),
  nodes: own,
});
const ended = nodes.map((node) => ({ ...node, status: 'completed' as const }));

describe('start', () => {
  const file = { nodes: [{ key: 'a', type: 'echo', payload: {} }], tags: ['etl'], timeout_seconds: 60 };

  test('sends the file, with the options on top', async () => {
    const { taskq, received, folder } = await aTaskq({
      startWorkflow: () => ({ status: 201, body: aWorkflow() }),
    });
    writeFileSync(join(folder, 'etl.json'), JSON.stringify(file));
    expect(await taskq(['workflow', 'start', 'etl.json', '--tag', 'nightly', '--key', 'order-1'])).toEqual({
      code: 0,
      stdout: `${workflowId} is running; watch: taskq workflow watch ${workflowId}\n`,
      stderr: '',
    });
    expect(received[0]).toMatchObject({ body: { ...file, tags: ['etl', 'nightly'] }, key: 'order-1' });
    const piped = await taskq(['workflow', 'start', '-', '--json'], { stdin: JSON.stringify(file) });
    expect(JSON.parse(piped.stdout)).toEqual(aWorkflow());
  });

  test('--wait says the id first, and at the end what failed and why, though the nodes told it late', async () => {
    const failed = aNode('list', { status: 'failed' });
    const last_error = { code: 'rejected', cause: 'permanent_error', attempt: 1, at: aWorkflow().created_at };
    const { taskq, folder } = await aTaskq({
      startWorkflow: () => ({ status: 201, body: aWorkflow() }),
      getWorkflow: (_call, nth) => ({
        status: 200,
        body: withNodes([nth === 1 ? failed : { ...failed, last_error, job_id: 'job-1' }], {
          status: 'failed',
        }),
      }),
    });
    writeFileSync(join(folder, 'etl.json'), JSON.stringify(file));
    expect(await taskq(['workflow', 'start', 'etl.json', '--wait'])).toEqual({
      code: 1,
      stdout: [
        '✗ list  echo  failed',
        '✗ list  echo  failed  permanent_error, rejected, job job-1',
        `The workflow is failed. More: taskq workflow get ${workflowId}`,
        '',
      ].join('\n'),
      stderr: `${workflowId} is running, waiting\n`,
    });
  });

  test('what is no workflow is not sent', async () => {
    const { taskq, received } = await aTaskq({});
    const none = await taskq(['workflow', 'start', '-'], { stdin: '[]' });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('a workflow is {"nodes"') });
    const broken = await taskq(['workflow', 'start', '-'], { stdin: '{' });
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('standard input is not JSON') });
    expect(await taskq(['workflow', 'start', 'missing.json'])).toMatchObject({ code: 2 });
    expect(received).toEqual([]);
  });

  test('faults of the graph are told with their paths', async () => {
    const { taskq } = await aTaskq({
      startWorkflow: () =>
        aProblem(400, 'invalid_request', 'the workflow is not as the API describes it', [
          { path: '/nodes/0/depends_on', message: 'these nodes wait for each other: "a" → "a"' },
        ]),
    });
    const ran = await taskq(['workflow', 'start', '-'], { stdin: JSON.stringify(file) });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('  /nodes/0/depends_on: these nodes wait for each other: "a" → "a"\n');
  });
});

describe('look', () => {
  test('get shows the nodes by layers', async () => {
    const { taskq } = await aTaskq({ getWorkflow: () => ({ status: 200, body: withNodes(nodes) }) });
    const { code, stdout } = await taskq(['workflow', 'get', workflowId]);
    expect(code).toBe(0);
    expect(stdout).toContain('\n1  ✓  list    echo  completed\n2  ◐  report  echo  running\n');
  });

  test('watch tells each change where no terminal is, and exits by the end', async () => {
    const { taskq, received } = await aTaskq({
      // Nodes, then twice without: nothing has moved, it has ended; then the nodes again.
      getWorkflow: (_call, nth) => ({
        status: 200,
        body: nth < 3 ? withNodes(nodes) : withNodes(ended, { status: 'completed' }),
      }),
    });
    expect(await taskq(['workflow', 'watch', workflowId])).toEqual({
      code: 0,
      stdout:
        '✓ list  echo  completed\n◐ report  echo  running\n✓ report  echo  completed\nThe workflow is completed.\n',
      stderr: '',
    });
    expect(received.map(({ query }) => query.nodes)).toEqual([undefined, 'false', 'false', undefined]);
  });

  test('watch of one that did not complete exits 1', async () => {
    const { taskq } = await aTaskq({
      getWorkflow: () => ({ status: 200, body: withNodes(nodes, { status: 'compensated' }) }),
    });
    const { code, stdout } = await taskq(['workflow', 'watch', workflowId]);
    expect(code).toBe(1);
    expect(stdout).toContain(`The workflow is compensated. More: taskq workflow get ${workflowId}\n`);
    const machine = await taskq(['workflow', 'watch', workflowId, '--json']);
    expect(JSON.parse(machine.stdout).status).toBe('compensated');
    expect(machine.code).toBe(1);
  });

  test('graph writes a picture', async () => {
    const { taskq, folder } = await aTaskq({ getWorkflow: () => ({ status: 200, body: withNodes(nodes) }) });
    const ran = await taskq(['workflow', 'graph', workflowId, '--svg', 'graph.svg']);
    expect(ran).toEqual({ code: 0, stdout: 'The picture is in graph.svg\n', stderr: '' });
    expect(readFileSync(join(folder, 'graph.svg'), 'utf8')).toMatch(
      /^<svg xmlns[\s\S]*◐ report[\s\S]*<\/svg>\n$/,
    );
    expect((await taskq(['workflow', 'graph', workflowId, '--svg', '-'])).stdout).toMatch(/^<svg /);
    expect(await taskq(['workflow', 'graph', workflowId, '--svg', 'no/such/place.svg'])).toMatchObject({
      code: 2,
    });
  });

  test('list is a table, by the filters of the API', async () => {
    const { taskq, received } = await aTaskq({
      listWorkflows: () => ({
        status: 200,
        body: {
          workflows: [aWorkflow({ tags: ['a'], node_counts: { completed: 2, waiting: 1 } })],
          cursor: 'c',
        },
      }),
    });
    const { stdout } = await taskq('workflow list --status running --tag a --limit 1'.split(' '));
    expect(
      stdout
        .replaceAll(/ (\d+[smhd] ago|in \d+[smhd])/g, ' AGE')
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['ID', 'STATUS', 'NODES', 'CREATED', 'TAGS'],
      [workflowId, 'running', '2 completed, 1 waiting', 'AGE', 'a'],
      ['There may be more: add --cursor c'],
      [''],
    ]);
    expect(received[0]?.query).toEqual({ status: 'running', tag: ['a'], limit: 1 });
  });

  test('one that is not there exits 3, an id that is none 2', async () => {
    const { taskq } = await aTaskq({
      getWorkflow: () => aProblem(404, 'not_found', 'there is no such workflow'),
    });
    expect(await taskq(['workflow', 'get', workflowId])).toMatchObject({ code: 3 });
    expect(await taskq(['workflow', 'get', 'nightly'])).toMatchObject({ code: 2 });
  });
});

describe('change', () => {
  test('cancel, retry and signal send what they are given', async () => {
    const body = aWorkflow();
    const { taskq, received } = await aTaskq({
      cancelWorkflow: () => ({ status: 202, body }),
      retryWorkflow: () => ({ status: 202, body }),
      sendSignal: () => ({ status: 202, body }),
    });
    expect((await taskq(['workflow', 'cancel', workflowId])).stdout).toContain(
      `${workflowId} is told to stop`,
    );
    await taskq(['workflow', 'retry', workflowId]);
    await taskq(['workflow', 'retry', workflowId, '--all', '--payload', 'list={"n":"a=b"}']);
    const signal = ['workflow', 'signal', workflowId, 'approval', '--payload', '{"approved":true}'];
    expect((await taskq(signal)).stdout).toBe(`${workflowId} has the signal approval\n`);
    expect(received.map(({ route, name, body }) => ({ route, name, body }))).toEqual([
      { route: 'cancelWorkflow', name: undefined, body: undefined },
      { route: 'retryWorkflow', name: undefined, body: { mode: 'failed' } },
      { route: 'retryWorkflow', name: undefined, body: { mode: 'all', payloads: { list: { n: 'a=b' } } } },
      { route: 'sendSignal', name: 'approval', body: { payload: { approved: true } } },
    ]);
  });

  test('what is refused exits 4, a payload without its node 2', async () => {
    const { taskq } = await aTaskq({
      cancelWorkflow: () => aProblem(409, 'invalid_transition', 'the workflow is completed'),
    });
    expect(await taskq(['workflow', 'cancel', workflowId])).toMatchObject({ code: 4 });
    const ran = await taskq(['workflow', 'retry', workflowId, '--payload', '{}']);
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('give NODE=JSON or NODE=@FILE') });
  });
});

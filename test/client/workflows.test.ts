import { expect, test } from 'vitest';
import { workflow } from '../../client/workflow.ts';
import { echo } from '../../jobs/echo/contract.ts';
import { approval } from '../../jobs/signals.ts';
import { aClient } from './a-client.ts';
import { aWorkflow, workflowId } from './a-workflow.ts';

const built = workflow().node('first', echo, { payload: { message: 'hello' } });

test('start sends the nodes and the options under a fresh key', async () => {
  const { client, received } = await aClient({
    startWorkflow: () => ({ status: 201, body: aWorkflow() }),
  });
  expect(await client.workflows.start(built, { tags: ['a'], timeout_seconds: 60 })).toMatchObject({
    id: workflowId,
  });
  await client.workflows.start(built, { idempotencyKey: 'order-1' });
  expect(received.map(({ body, key }) => ({ body, key }))).toEqual([
    {
      body: {
        nodes: [{ key: 'first', type: 'echo', payload: { message: 'hello' } }],
        tags: ['a'],
        timeout_seconds: 60,
      },
      key: expect.stringMatching(/^[0-9a-f-]{36}$/),
    },
    { body: { nodes: [{ key: 'first', type: 'echo', payload: { message: 'hello' } }] }, key: 'order-1' },
  ]);
});

test('wait looks every second until it has ended, without the nodes, and then at them', async () => {
  const { client, slept, received } = await aClient({
    getWorkflow: ({ query }, nth) => ({
      status: 200,
      body: {
        ...aWorkflow({ status: nth < 3 ? 'running' : 'compensated' }),
        ...(query.nodes === 'false' ? {} : { nodes: [] }),
      },
    }),
  });
  expect(await client.workflows.wait(workflowId)).toMatchObject({ status: 'compensated', nodes: [] });
  expect(slept).toEqual([1_000, 1_000]);
  const without = { route: 'getWorkflow', id: workflowId, query: { nodes: 'false' } };
  expect(received).toMatchObject([without, without, without, { ...without, query: {} }]);
});

test('wait ends at its deadline with what it last saw', async () => {
  const { client, slept } = await aClient({
    getWorkflow: () => ({ status: 200, body: { ...aWorkflow(), nodes: [] } }),
  });
  expect((await client.workflows.wait(workflowId, { deadlineSeconds: 2.5 })).status).toBe('running');
  expect(slept).toEqual([1_000, 1_000, 500]);
});

test('signals are typed by their contract; cancel, retry and signal name the workflow', async () => {
  const reply = () => ({ status: 202, body: aWorkflow() });
  const { client, received } = await aClient(
    { cancelWorkflow: reply, retryWorkflow: reply, sendSignal: reply },
    { tenant: 'acme' },
  );
  await client.workflows.signal(workflowId, approval, { approved: true });
  // @ts-expect-error an approval says yes or no
  await client.workflows.signal(workflowId, approval, { approved: 'yes' });
  await client.workflows.cancel(workflowId);
  await client.workflows.retry(workflowId, { mode: 'all' });
  expect(received.map(({ route, tenant, id, name }) => [route, tenant, id, name])).toEqual([
    ['sendSignal', 'acme', workflowId, 'approval'],
    ['sendSignal', 'acme', workflowId, 'approval'],
    ['cancelWorkflow', 'acme', workflowId, undefined],
    ['retryWorkflow', 'acme', workflowId, undefined],
  ]);
});

test('list goes on to the last page', async () => {
  const { client, received } = await aClient({
    listWorkflows: (_call, nth) => ({
      status: 200,
      body: { workflows: [aWorkflow()], ...(nth === 1 ? { cursor: 'c' } : {}) },
    }),
  });
  const pages = [];
  for await (const page of client.workflows.list({ status: 'failed' })) pages.push(page.workflows.length);
  expect(pages).toEqual([1, 1]);
  expect(received.map(({ query }) => query)).toEqual([
    { status: 'failed' },
    { status: 'failed', cursor: 'c' },
  ]);
});

test('what is no id or no signal is not sent: it would be another path', async () => {
  const { client, received } = await aClient({});
  await expect(client.workflows.get('..')).rejects.toThrow('".." is not a workflow id');
  await expect(client.workflows.signal(workflowId, '', {})).rejects.toThrow('"" is not a signal');
  expect(received).toEqual([]);
});

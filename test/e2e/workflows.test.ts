import { expect, inject, it, vi } from 'vitest';
import { makeApi, newTenant } from './api.ts';
import { answer, gate, ok, openSink } from './sink.ts';
import { echo, hook, nodeOf, workflowsOf } from './workflow-run.ts';

const api = makeApi(inject('taskq'), newTenant());
const { started, read, ended } = workflowsOf(api);
const sink = await openSink();
const soon = { timeout: 60_000, interval: 100 };

it('a map: one job for each element, its results in order, and a condition over them', async () => {
  const message = ['x', 'y', 'z'];
  const id = await started([
    { key: 'list', type: 'echo', payload: { message } },
    {
      key: 'each',
      type: 'echo',
      map: { over: { node: 'list', pointer: '/message' }, max_concurrency: 2 },
      from: { '/message': { element: '' }, '/at': { index: true } },
    },
    {
      key: 'join',
      type: 'echo',
      payload: {},
      from: { '/all': { node: 'each' } },
      when: 'results.each.size() == 3',
    },
    { key: 'never', type: 'echo', payload: {}, depends_on: ['each'], when: 'results.each.size() == 4' },
  ]);
  const workflow = await ended(id);
  expect(workflow.nodes.map(({ key, status }) => [key, status])).toEqual([
    ['list', 'completed'],
    ['each', 'completed'],
    ['join', 'completed'],
    ['never', 'skipped'],
    ['each[0]', 'completed'],
    ['each[1]', 'completed'],
    ['each[2]', 'completed'],
  ]);
  const { body } = await api.call('getResult', { id: nodeOf(workflow, 'join').job_id ?? '' });
  expect(body.result).toEqual({ all: message.map((each, at) => ({ message: each, at })) });
});

it('one that failed is retried from where it failed; a job of it by itself is not', async () => {
  let reply = answer(404);
  const url = sink.url('/retried', (...given) => reply(...given));
  const id = await started([
    echo('a'),
    hook('b', url, { depends_on: ['a'] }),
    echo('c', { depends_on: ['b'] }),
  ]);
  const failed = await ended(id);
  expect(failed.nodes.map(({ status }) => status)).toEqual(['completed', 'failed', 'cancelled']);
  const alone = await api.call('retryJob', { id: nodeOf(failed, 'b').job_id ?? '' });
  expect(alone.body.code).toBe('invalid_transition');
  reply = ok;
  expect((await api.call('retryWorkflow', { id })).status).toBe(202);
  const again = await ended(id);
  expect(again).toMatchObject({ status: 'completed', node_counts: { completed: 3 } });
  expect(nodeOf(again, 'a').job_id).toBe(nodeOf(failed, 'a').job_id);
  expect(nodeOf(again, 'b').job_id).not.toBe(nodeOf(failed, 'b').job_id);
});

it('cancelled: what runs is told, what waits never starts; then it is in the list', async () => {
  const { reply, open } = gate();
  const id = await started([hook('held', sink.url('/held', reply)), echo('then', { depends_on: ['held'] })]);
  await vi.waitFor(async () => expect(nodeOf(await read(id), 'held').started_at).toBeDefined(), soon);
  expect(nodeOf(await read(id), 'then').waits_for).toEqual(['held']);
  expect((await api.call('cancelWorkflow', { id })).status).toBe(202);
  const workflow = await ended(id);
  open();
  expect(workflow.status).toBe('cancelled');
  expect(workflow.nodes.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  const { body } = await api.call('listWorkflows', { query: { status: 'cancelled' } });
  expect(body.workflows.map((each: { id: string }) => each.id)).toEqual([id]);
});

it('an approval: what follows waits for it, sees what it says, and is not started by a second', async () => {
  const id = await started([
    echo('report'),
    { key: 'ok', signal: 'approval', depends_on: ['report'] },
    echo('send', { depends_on: ['ok'], when: 'results.ok.approved' }),
  ]);
  await vi.waitFor(async () => expect(nodeOf(await read(id), 'ok').status).toBe('running'), soon);
  const send = (approved: boolean) =>
    api.call('sendSignal', { id, name: 'approval', body: { payload: { approved, by: 'Ada' } } });
  expect((await send(true)).status).toBe(202);
  expect([(await send(true)).status, (await send(false)).status]).toEqual([200, 409]);
  expect((await ended(id)).nodes.map(({ status }) => status)).toEqual([
    'completed',
    'completed',
    'completed',
  ]);
});

it('an order that can not be shipped is undone, last step first', async () => {
  const steps: string[] = [];
  const made = (path: string) =>
    sink.url(path, (response) => {
      steps.push(path);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: 'made-1' }));
    });
  const service = new URL(made('/reservations')).origin;
  for (const path of ['/payments', '/payments/made-1/refunds', '/reservations/made-1/release']) made(path);
  sink.url('/shipments', answer(422));
  const common = { service, order: 'order-1' };
  const id = await started([
    {
      key: 'reserve',
      type: 'order.reserve',
      payload: { ...common, items: [{ sku: 'a', quantity: 1 }] },
      on_failure: 'compensate',
    },
    {
      key: 'charge',
      type: 'order.charge',
      payload: { ...common, amount_cents: 100, currency: 'EUR' },
      depends_on: ['reserve'],
      on_failure: 'compensate',
    },
    {
      key: 'ship',
      type: 'order.ship',
      payload: { ...common, country: 'DE' },
      from: {
        '/reservation': { node: 'reserve', pointer: '/reservation' },
        '/payment': { node: 'charge', pointer: '/payment' },
      },
      on_failure: 'compensate',
    },
  ]);
  const workflow = await ended(id);
  expect([workflow.status, workflow.nodes.map(({ status }) => status)]).toEqual([
    'compensated',
    ['compensated', 'compensated', 'failed'],
  ]);
  expect(steps).toEqual([
    '/reservations',
    '/payments',
    '/payments/made-1/refunds',
    '/reservations/made-1/release',
  ]);
});

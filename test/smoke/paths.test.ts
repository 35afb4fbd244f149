import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, expect, inject, it, vi } from 'vitest';
import { makeApi, newTenant } from '../e2e/api.ts';
import { makeAws } from '../e2e/aws.ts';
import { answer, openSink } from '../e2e/sink.ts';

const local = inject('taskq');
const aws = await makeAws(local);
const sink = await openSink();
const api = makeApi(local, newTenant());
const soon = { timeout: 60_000, interval: 200 };
const far = { delay_seconds: 600 };
afterAll(() => sink.close());

it('the server says what it is', async () => {
  const health = (await (await fetch(`${local.endpoint}/_localstack/health`)).json()) as Record<
    string,
    unknown
  >;
  console.log(`LocalStack ${health.version}, edition ${health.edition}, at ${local.endpoint}`);
  expect(health).toMatchObject({
    version: '4.14.0',
    services: { dynamodb: 'running', stepfunctions: 'running' },
  });
});

it('a job goes from POST to its result', async () => {
  const { id } = await api.enqueue('echo', { message: 'grüezi' });
  expect(await api.finished(id)).toMatchObject({ status: 'completed', attempt: 1 });
  const { body } = await api.call('getResult', { id });
  expect(body.result).toEqual({ message: 'grüezi' });
});

it('a batch of 50: each of its jobs completes, once', async () => {
  const tenant = makeApi(local, newTenant());
  const jobs = Array.from({ length: 50 }, (_, n) => ({ type: 'echo', payload: { n } }));
  const { status, body } = await tenant.call('enqueueBatch', { body: { jobs } });
  expect([status, body.results.length]).toEqual([207, 50]);
  await vi.waitFor(async () => {
    const found = (await tenant.pages({ limit: 200 })).flat();
    expect(found.map(({ status, attempt }) => [status, attempt])).toEqual(Array(50).fill(['completed', 1]));
  }, soon);
});

it.each([
  [9, 'critical'],
  [7, 'high'],
  [4, 'normal'],
  [1, 'low'],
])('priority %i goes by lane %s, which is worked off', async (priority, lane) => {
  const { id } = await api.enqueue('echo', { priority }, { priority });
  expect(await api.finished(id)).toMatchObject({ status: 'completed', lane });
});

it('a delayed job does not start before its time', async () => {
  const job = await api.enqueue('echo', {}, { delay_seconds: 5 });
  expect(job.status).toBe('scheduled');
  const done = await api.finished(job.id);
  expect([done.status, (done.started_at ?? '') >= job.available_at]).toEqual(['completed', true]);
});

it('a 503 is tried again; a 404 fails at once, and completes when a person retries it', async () => {
  let found = 404;
  const busy = sink.url('/busy', (response, nth) =>
    answer(nth === 1 ? 503 : 200, { 'retry-after': '2' })(response, nth),
  );
  const absent = sink.url('/absent', (response) => answer(found)(response, 1));
  const one = await api.enqueue('webhook.deliver', { url: busy, body: 1 });
  const other = await api.enqueue('webhook.deliver', { url: absent, body: 2 });
  expect(await api.finished(one.id)).toMatchObject({ status: 'completed', attempt: 2 });
  expect(await api.finished(other.id)).toMatchObject({ status: 'failed', attempt: 1 });
  found = 200;
  expect((await api.call('retryJob', { id: other.id })).status).toBe(200);
  expect(await api.finished(other.id)).toMatchObject({ status: 'completed' });
});

it('a message received too often comes to the dead letters, and its job completes through quarantine', async () => {
  const QueueUrl = aws.laneUrl('default', 'low');
  await aws.feed('default', 'low', false);
  const { id } = await api.enqueue('echo', { message: 'innocent' }, { priority: 0 });
  const receive = () =>
    aws.sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0, WaitTimeSeconds: 1 }));
  for (let nth = 1; nth <= 20; nth++) expect((await receive()).Messages ?? []).toHaveLength(1);
  expect((await receive()).Messages ?? []).toEqual([]);
  expect(await api.finished(id)).toMatchObject({ status: 'completed', attempt: 1 });
  expect(await aws.record(api.tenant, id)).toMatchObject({ buried: 1, fence: 1 });
  await aws.feed('default', 'low', true);
});

it('burials, however many, fail no job that has attempts left', async () => {
  const { id } = await api.enqueue('echo', {}, far);
  for (const buried of [1, 2, 3]) {
    await aws.sendPointer(aws.laneUrl('default', 'dead'), api.tenant, id);
    await vi.waitFor(async () => expect((await aws.record(api.tenant, id))?.buried).toBe(buried), soon);
  }
  expect((await aws.record(api.tenant, id))?.status).toBe('scheduled');
  expect((await api.call('cancelJob', { id })).body.status).toBe('cancelled');
});

it('a cancel ends a job that waits, and one that runs', async () => {
  const waits = await api.enqueue('echo', {}, far);
  expect((await api.call('cancelJob', { id: waits.id })).body.status).toBe('cancelled');
  const url = sink.url('/never', () => {});
  const { id } = await api.enqueue('webhook.deliver', { url, body: 'held' });
  await vi.waitFor(() => expect(sink.of(id)).toHaveLength(1), soon);
  expect((await api.call('cancelJob', { id })).status).toBe(202);
  expect(await api.finished(id)).toMatchObject({ status: 'cancelled', attempt: 1 });
});

it('what a first attempt has done with `once`, the second does not do again', async () => {
  const calls = (path: string) => sink.deliveries.filter((each) => each.path === path).length;
  const twice = sink.url('/twice', (response) =>
    answer(calls('/twice') === 1 ? 503 : 200, { 'retry-after': '1' })(response, 1),
  );
  const { id } = await api.enqueue('webhook.fanout', { urls: [sink.url('/single'), twice], body: 1 });
  expect(await api.finished(id)).toMatchObject({ status: 'completed', attempt: 2 });
  expect([calls('/single'), calls('/twice')]).toEqual([1, 2]);
  const { body } = await api.call('getEffects', { id });
  expect(body.effects.map(({ attempt }: { attempt: number }) => attempt)).toEqual([1, 2]);
});

it('a workflow: a map, an approval that it waits for, a webhook at its end', async () => {
  const nodes = [
    { key: 'list', type: 'echo', payload: { items: ['x', 'y', 'z'] } },
    {
      key: 'each',
      type: 'echo',
      map: { over: { node: 'list', pointer: '/items' }, max_concurrency: 2 },
      from: { '/item': { element: '' } },
    },
    { key: 'approved', signal: 'approval', depends_on: ['each'] },
    {
      key: 'deliver',
      type: 'webhook.deliver',
      payload: { url: sink.url('/end') },
      from: { '/body': { node: 'each' } },
      depends_on: ['approved'],
      when: 'results.approved.approved',
    },
  ];
  const { status, body } = await api.call('startWorkflow', { body: { nodes } });
  expect([status, body]).toEqual([201, expect.anything()]);
  const { id } = body;
  const read = async () => (await api.call('getWorkflow', { id })).body;
  await vi.waitFor(async () => expect((await read()).nodes[2].status).toBe('running'), soon);
  const payload = { approved: true };
  expect((await api.call('sendSignal', { id, name: 'approval', body: { payload } })).status).toBe(202);
  await vi.waitFor(async () => expect((await read()).status).toBe('completed'), soon);
  expect(sink.deliveries.filter(({ path }) => path === '/end').map((each) => JSON.parse(each.body))).toEqual([
    [{ item: 'x' }, { item: 'y' }, { item: 'z' }],
  ]);
});

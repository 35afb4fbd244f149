import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { makeSigner } from '../../client/signed.ts';
import { takeDown } from '../../local/down.ts';
import { ensurePython } from '../../local/python.ts';
import { type LocalAws, statePaths } from '../../local/state.ts';
import { type Api, fetched, makeApi } from './api.ts';
import { type Aws, makeAws } from './aws.ts';
import { newUser } from './iam.ts';
import { collect, manifestsOf } from './manifests.ts';
import { up } from './setup.ts';
import { answer, openSink, type Sink } from './sink.ts';
import { hook, workflowsOf } from './workflow-run.ts';

/** A TaskQ where signatures, policies and the functions' own roles are enforced. */
let local: LocalAws;
let aws: Aws;
let sink: Sink;
/** The key of a user who may call all of tenant acme and nothing else. */
let key: LocalAws['credentials'];
let acme: Api;

const soon = { timeout: 30_000, interval: 100 };

beforeAll(async () => {
  local = await up({ directory: inject('enforcing'), auth: true });
  aws = await makeAws(local);
  sink = await openSink();
  key = await newUser(local, 'acme-app', {
    Action: 'execute-api:Invoke',
    Resource: `arn:aws:execute-api:${local.region}:*:${local.stacks['taskq-queue']?.ApiId}/*/*/v1/tenants/acme/*`,
  });
  acme = makeApi({ ...local, credentials: key }, 'acme');
});
afterAll(async () => {
  await sink?.close();
  await takeDown({ directory: inject('enforcing'), write: () => {} });
});

it('a user of one tenant enqueues there and reads the result', async () => {
  const job = await acme.enqueue('echo', { message: 'allowed' });
  expect([job.tenant, job.created_by]).toEqual([
    'acme',
    expect.stringMatching(/^arn:aws:iam::\d{12}:user\/acme-app$/),
  ]);
  const { body } = await acme.call('getResult', { id: job.id, query: { wait: 20 } });
  expect(body).toEqual({ status: 'completed', result: { message: 'allowed' } });
});

it('and nowhere else: 403', async () => {
  const { id } = await acme.enqueue('echo', {});
  for (const tenant of ['other', 'acme2', undefined]) {
    const api = makeApi({ ...local, credentials: key }, tenant);
    expect((await api.send('enqueueJob', { body: { type: 'echo', payload: {} } })).status).toBe(403);
    expect((await api.send('listJobs')).status).toBe(403);
    expect((await api.send('getJob', { id })).status).toBe(403);
  }
});

it('a wrong secret, an unknown key, a body that was not signed: 403', async () => {
  const wrong = { ...key, secretAccessKey: `${key.secretAccessKey.slice(0, -1)}!` };
  const unknown = { ...key, accessKeyId: 'AKIAUNKNOWN000000000' };
  for (const credentials of [wrong, unknown]) {
    const { status } = await makeApi({ ...local, credentials }, 'acme').send('listJobs');
    expect(status).toBe(403);
  }
  const url = new URL(`${local.apiUrl}/v1/tenants/acme/jobs`);
  const request = { method: 'POST', path: url.pathname, query: {}, headers: { host: url.host } } as const;
  const { host: _, ...headers } = await makeSigner(
    url,
    local.region,
    key,
  )({ ...request, body: '{"a":1}' }, new Date());
  expect((await fetched(url.href, { method: 'POST', headers, body: '{"b":1}' })).status).toBe(403);
});

it("Amazon's own signer for Python gets its 201 and its result", async () => {
  const script = fileURLToPath(new URL('foreign-client.py', import.meta.url));
  const python = await ensurePython(statePaths(), () => {});
  const { accessKeyId, secretAccessKey } = key;
  const { stdout } = await promisify(execFile)(python, [
    script,
    local.apiUrl,
    local.region,
    'acme',
    accessKeyId,
    secretAccessKey,
  ]);
  expect(JSON.parse(stdout)).toEqual([201, 200, 'completed', 2, 200, 1]);
});

const big = 'x'.repeat(20).concat(...Array.from({ length: 3000 }, (_, n) => Math.sin(n).toString(36)));

it.each([
  ['small', 'y'],
  ['of some KB', big.slice(0, 6_000)],
  ['big', big.slice(0, 30_000)],
])('a payload and a result that are %s pass through the roles', async (_, message) => {
  const { id } = await acme.enqueue('echo', { message });
  const { body } = await acme.call('getResult', { id, query: { wait: 20 } });
  expect(body).toEqual({ status: 'completed', result: { message } });
  expect((await acme.call('getPayload', { id })).body).toEqual({ payload: { message } });
});

it('so do a batch, its repeat, and lists', async () => {
  const jobs = Array.from({ length: 25 }, (_, n) => ({ type: 'echo', payload: { n }, tags: ['bulk'] }));
  const post = () => acme.call('enqueueBatch', { body: { jobs }, headers: { 'idempotency-key': 'bulk' } });
  const { body } = await post();
  expect((await post()).body.results.map(({ id }: { id: string }) => id)).toEqual(
    body.results.map(({ id }: { id: string }) => id),
  );
  for (const { id } of body.results) expect((await acme.finished(id)).status).toBe('completed');
  expect((await acme.call('listJobs', { query: { tag: 'bulk' } })).body.jobs).toHaveLength(25);
});

it('so do a retry by the worker and one by a person, with errors and a bigger payload', async () => {
  const url = sink.url('/', (response, nth) =>
    answer([503, 400][nth - 1] ?? 200, { 'retry-after': '1' })(response, nth),
  );
  const { id } = await acme.enqueue('webhook.deliver', { url, body: 1 });
  expect(await acme.finished(id)).toMatchObject({ status: 'failed', attempt: 2 });
  expect((await acme.call('getErrors', { id })).body.errors).toHaveLength(2);
  const retried = await acme.call('retryJob', { id, body: { payload: { url, body: big.slice(0, 30_000) } } });
  expect(retried.status).toBe(200);
  expect((await acme.finished(id)).status).toBe('completed');
  expect(sink.of(id)).toHaveLength(3);
});

it('so does once, and what it has stored', async () => {
  const { id } = await acme.enqueue('webhook.fanout', { urls: [sink.url('/once')], body: 1 });
  expect(await acme.finished(id)).toMatchObject({ status: 'completed', attempt: 1 });
  expect((await acme.call('getEffects', { id })).body.effects).toMatchObject([{ value: 200, attempt: 1 }]);
});

it('so do far delays, release and cancel', async () => {
  const { id, available_at } = await acme.enqueue('echo', {}, { delay_seconds: 5_000 });
  const past = Date.parse(available_at) - 10_000_000;
  await aws.setOnRecord('acme', id, { availableAt: past, attentionAt: past });
  await aws.invoke('release');
  expect((await acme.finished(id)).status).toBe('completed');
  const waits = await acme.enqueue('echo', {}, { delay_seconds: 5_000 });
  expect((await acme.call('cancelJob', { id: waits.id })).body.status).toBe('cancelled');
});

it('so does a burial', async () => {
  const { id } = await acme.enqueue('echo', {}, { delay_seconds: 5_000 });
  await aws.sendPointer(aws.laneUrl('default', 'dead'), 'acme', id);
  await vi.waitFor(async () => expect((await aws.record('acme', id))?.buried).toBe(1), { timeout: 30_000 });
  expect((await acme.get(id)).status).toBe('scheduled');
});

it.each(['high', 'dead'])('so does a message that is no pointer, in lane %s', async (lane) => {
  const id = await aws.sendMessage(aws.laneUrl('default', lane), 'no pointer');
  const name = `unreadable/${lane === 'dead' ? 'dead' : 'default'}/${id}`;
  await vi.waitFor(async () => expect((await aws.objects('unreadable/')).has(name)).toBe(true), {
    timeout: 30_000,
  });
});

it('so does a message that comes too early, in a lane and among the dead letters', async () => {
  const { id } = await acme.enqueue('echo', {}, { delay_seconds: 3 });
  await aws.sendPointer(aws.laneUrl('default', 'high'), 'acme', id);
  await aws.sendPointer(aws.laneUrl('default', 'dead'), 'acme', '01939c3e-7b00-7000-8000-000000000003');
  expect((await acme.finished(id)).status).toBe('completed');
  await vi.waitFor(
    async () => expect((await aws.depth(aws.laneUrl('default', 'dead'))).hidden).toBe(1),
    soon,
  );
});

it('so does an object of the tenant, read by a job', async () => {
  await aws.putObject('tenants/acme/in/cities.csv', 'city\nOslo\n');
  const { id } = await acme.enqueue('csv.summarize', { key: 'in/cities.csv' });
  const { body } = await acme.call('getResult', { id, query: { wait: 20 } });
  expect(body.result).toMatchObject({ rows: 1, column_count: 1 });
});

it('so does a workflow: its key, nodes that a job adds, an approval, a retry', async () => {
  const { read, ended } = workflowsOf(acme);
  let reply = answer(404);
  const url = sink.url('/sent', (...given) => reply(...given));
  const manifest = await manifestsOf(acme, aws)('granted', 2);
  const nodes = [
    ...collect(manifest),
    { key: 'ok', signal: 'approval', depends_on: ['all'] },
    hook('send', url, { depends_on: ['ok'] }),
  ];
  const start = () =>
    acme.call('startWorkflow', {
      body: { nodes, unique_key: 'granted', callback: { url: sink.url('/told') } },
      headers: { 'idempotency-key': 'granted' },
    });
  const { status, body } = await start();
  expect([status, (await start()).body.id]).toEqual([201, body.id]);
  const { id } = body;
  const isAsked = async () => (await read(id)).nodes.find(({ key }) => key === 'ok')?.status === 'running';
  await vi.waitFor(async () => expect(await isAsked()).toBe(true), { timeout: 60_000, interval: 300 });
  const approves = { payload: { approved: true, by: 'Ada' } };
  expect((await acme.call('sendSignal', { id, name: 'approval', body: approves })).status).toBe(202);
  expect((await ended(id)).status).toBe('failed');
  reply = answer(200);
  const payloads = { send: { url, body: 'again' } };
  expect((await acme.call('retryWorkflow', { id, body: { payloads } })).status).toBe(202);
  expect((await ended(id)).status).toBe('completed');
  expect((await acme.call('listWorkflows')).body.workflows.map((each: { id: string }) => each.id)).toEqual([
    id,
  ]);
});

it('so does a request for many jobs, under its key, and the walk', async () => {
  const waits = await acme.enqueue('echo', {}, { delay_seconds: 5_000, tags: ['many'] });
  const cancels = () =>
    acme.call('cancelMany', { body: { tags: ['many'] }, headers: { 'idempotency-key': 'many' } });
  const { status, body } = await cancels();
  expect([status, (await cancels()).body.id]).toEqual([202, body.id]);
  expect((await acme.finished(body.id, 60_000)).status).toBe('completed');
  expect((await acme.get(waits.id)).status).toBe('cancelled');
  await aws.invoke('release', { walk: true });
});

it('no function was denied anything', async () => {
  const lines = await aws.logLines();
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.filter((line) => /AccessDenied|not authorized|"level":"error"/.test(line))).toEqual([]);
});

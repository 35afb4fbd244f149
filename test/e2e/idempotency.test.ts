import { expect, inject, it } from 'vitest';
import { type Answer, type Api, makeApi, newTenant } from './api.ts';
import { makeAws } from './aws.ts';

const local = inject('taskq');
const aws = await makeAws(local);
const key = (value: string) => ({ 'idempotency-key': value });
const ids = async (api: Api) => (await api.call('listJobs')).body.jobs.map(({ id }: { id: string }) => id);

it('the same key with the same body is the same job, however its members are ordered', async () => {
  const api = makeApi(local, newTenant());
  const post = (body: unknown) => api.call('enqueueJob', { body, headers: key('order 66') });
  const first = await post({ type: 'echo', payload: { a: 1, b: 2 }, tags: ['x'] });
  const again = await post({ tags: ['x'], payload: { b: 2, a: 1 }, type: 'echo' });
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(first.body.available_at).toBe(first.body.created_at);
  expect(again.body.id).toBe(first.body.id);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));

  const done = await api.finished(first.body.id);
  const later = await post({ type: 'echo', payload: { a: 1, b: 2 }, tags: ['x'] });
  expect([later.status, later.body]).toEqual([200, done]);
  expect(await ids(api)).toEqual([first.body.id]);
});

it('the same key with another body is a conflict, for another tenant or another route it is free', async () => {
  const api = makeApi(local, newTenant());
  const job = { type: 'echo', payload: { message: 'one' } };
  const first = await api.call('enqueueJob', { body: job, headers: key('k') });
  const other = await api.call('enqueueJob', { body: { ...job, priority: 5 }, headers: key('k') });
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_conflict']);
  expect(await ids(api)).toEqual([first.body.id]);

  const batch = await api.call('enqueueBatch', { body: { jobs: [job] }, headers: key('k') });
  expect(batch.body.results).toEqual([{ id: expect.any(String), status: 'pending' }]);
  const elsewhere = makeApi(local, newTenant());
  expect((await elsewhere.call('enqueueJob', { body: job, headers: key('k') })).status).toBe(201);
});

it('a refused request leaves its key free', async () => {
  const api = makeApi(local, newTenant());
  const post = (body: unknown) => api.call('enqueueJob', { body, headers: key('k') });
  expect((await post({ type: 'echo', payload: {}, priority: 10 })).status).toBe(400);
  expect((await post({ type: 'echo', payload: {}, priority: 9 })).status).toBe(201);
});

it('a batch has one key: its repeat answers the same ids and enqueues nothing', async () => {
  const api = makeApi(local, newTenant());
  const jobs = Array.from({ length: 30 }, (_, n) =>
    n === 7 ? { type: 'no.such', payload: {} } : { type: 'echo', payload: { n } },
  );
  const post = () => api.call('enqueueBatch', { body: { jobs }, headers: key('bulk') });
  const idsOf = ({ body }: Answer) => body.results.map(({ id }: { id?: string }) => id);
  const first = await post();
  const again = await post();
  expect([first.status, again.status]).toEqual([207, 207]);
  expect(new Set(idsOf(first)).size).toBe(30);
  expect(idsOf(first)[7]).toBeUndefined();
  expect(again.body.results[7].code).toBe('unknown_type');
  expect(idsOf(again)).toEqual(idsOf(first));
  expect((await api.call('listJobs', { query: { limit: 200 } })).body.jobs).toHaveLength(29);
  for (const n of [0, 29])
    expect((await api.call('getPayload', { id: idsOf(first)[n] })).body.payload).toEqual({ n });
});

it('20 calls at once with one key are one job', async () => {
  const api = makeApi(local, newTenant());
  const post = () => api.call('enqueueJob', { body: { type: 'echo', payload: {} }, headers: key('race') });
  const answers = await Promise.all(Array.from({ length: 20 }, post));
  const told = new Set(answers.filter(({ status }) => status < 300).map(({ body }) => body.id));
  const refused = answers.filter(({ status }) => status > 201);
  expect(told.size).toBe(1);
  expect(answers.map(({ status }) => status)).toContain(201);
  for (const { status, body, headers } of refused) {
    expect([status, body.code]).toEqual([409, 'busy']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
  const repeat = await post();
  expect([repeat.status, told]).toEqual([200, new Set([repeat.body.id])]);
  expect(await ids(api)).toEqual([repeat.body.id]);
});

it('the first 10 calls of a tenant at once make one key version, which opens them all', async () => {
  const api = makeApi(local, newTenant());
  const jobs = await Promise.all(
    Array.from({ length: 10 }, (_, n) => api.enqueue('echo', { n }, { delay_seconds: 600 })),
  );
  const versions = (await aws.items(aws.tables.keys)).filter(({ pk }) => pk === api.tenant);
  expect(versions.map(({ sk }) => sk).sort()).toEqual(['dedupe', 'v1']);
  for (const [n, { id }] of jobs.entries())
    expect((await api.call('getPayload', { id })).body).toEqual({ payload: { n } });
});

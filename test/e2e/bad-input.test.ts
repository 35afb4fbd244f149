import { expect, inject, it } from 'vitest';
import { fetched, makeApi, newTenant } from './api.ts';

const local = inject('taskq');
const api = makeApi(local, newTenant());
const other = makeApi(local, newTenant());
const unknownId = '01939c3e-7b00-7000-8000-000000000003';

/** Status, code and the paths of the faults. */
const told = ({ status, body }: Awaited<ReturnType<typeof api.call>>) => [
  status,
  body.code,
  ...(body.details ?? []).map(({ path }: { path: string }) => path),
];
const post = (body: unknown, headers = {}) => api.call('enqueueJob', { body, headers });
const echo = { type: 'echo', payload: {} };

it.each([
  ['POST', '/v1/jobs'],
  ['GET', '/v1/jobs'],
  ['POST', `/v1/tenants/${api.tenant}/jobs`],
  ['GET', `/v1/jobs/${unknownId}`],
  ['GET', '/health'],
  ['GET', '/v1/openapi.json'],
])('unsigned %s %s → 403', async (method, path) => {
  expect((await fetched(local.apiUrl + path, { method })).status).toBe(403);
});

it.each([
  ['GET', '/v1/job'],
  ['DELETE', '/v1/jobs'],
  ['POST', '/'],
])('an unknown route, %s %s → 403', async (method, path) => {
  const headers = {
    authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/execute-api/aws4_request',
  };
  expect((await fetched(local.apiUrl + path, { method, headers })).status).toBe(403);
});

it.each(['', 'not json', '{"type": "echo",', "{'type': 'echo'}"])('not JSON: %j → 400', async (body) => {
  expect(told(await post(body))).toEqual([400, 'invalid_request', '']);
});

it.each([
  ['an unknown field', { ...echo, colour: 'red' }, ['/colour']],
  ['two unknown fields', { ...echo, a: 1, 'b/c': 2 }, ['/a', '/b~1c']],
  ['what is not built yet', { ...echo, unique_key: 'a' }, ['/unique_key']],
  [
    'a wrong type of every field',
    { type: 1, priority: '4', delay_seconds: null, tags: 'x', payload: {} },
    ['/type', '/priority', '/delay_seconds', '/tags'],
  ],
  ['no payload', { type: 'echo' }, ['/payload']],
  ['no object', [], ['']],
  ['priority 10', { ...echo, priority: 10 }, ['/priority']],
  ['priority −1', { ...echo, priority: -1 }, ['/priority']],
  ['priority 1.5', { ...echo, priority: 1.5 }, ['/priority']],
  ['a delay beyond a year', { ...echo, delay_seconds: 31_536_001 }, ['/delay_seconds']],
  ['run_at beyond a year', { ...echo, run_at: '2199-01-01T00:00:00Z' }, ['/run_at']],
  ['run_at that is no time', { ...echo, run_at: 'tomorrow' }, ['/run_at']],
  ['two times', { ...echo, run_at: '2020-01-01T00:00:00Z', delay_seconds: 1 }, ['/run_at']],
  ['more attempts than the type has', { ...echo, max_attempts: 6 }, ['/max_attempts']],
  ['more time than the type has', { ...echo, timeout_seconds: 31 }, ['/timeout_seconds']],
  ['nine tags', { ...echo, tags: [...'abcdefghi'] }, ['/tags']],
  ['a bad tag', { ...echo, tags: ['ok', 'x'.repeat(33), ''] }, ['/tags/1', '/tags/2']],
  ['a type that cannot be one', { type: 'Echo!', payload: {} }, ['/type']],
])('%s → 400 with the path of each fault', async (_, body, paths) => {
  expect(told(await post(body))).toEqual([400, 'invalid_request', ...paths]);
});

it.each([
  ['colour', { colour: 'red' }],
  ['limit', { limit: 0 }],
  ['limit', { limit: 201 }],
  ['limit', { limit: 'many' }],
  ['limit', { limit: ['1', '2'] }],
  ['status', { status: 'done' }],
  ['type', { type: 'No!' }],
  ['since', { since: 'yesterday' }],
  ['cursor', { cursor: 'bm90IGEgY3Vyc29y' }],
  ['cursor', { cursor: '' }],
])('a list with a bad %s: %j → 400 that names it', async (name, query) => {
  expect(told(await api.call('listJobs', { query }))).toEqual([400, 'invalid_request', name]);
});

it('query parameters of other routes → 400 that names them', async () => {
  const { id } = await api.enqueue('echo', {});
  expect(told(await api.call('getJob', { id, query: { verbose: 1 } }))).toEqual([
    400,
    'invalid_request',
    'verbose',
  ]);
  expect(told(await api.call('enqueueJob', { body: echo, query: { wait: 1 } }))).toEqual([
    400,
    'invalid_request',
    'wait',
  ]);
  for (const wait of [21, -1, 'long']) {
    expect(told(await api.call('getResult', { id, query: { wait } }))).toEqual([
      400,
      'invalid_request',
      'wait',
    ]);
  }
});

it('a tenant that cannot be one, an empty key → 400', async () => {
  expect(told(await makeApi(local, 'UPPER').call('enqueueJob', { body: echo }))).toEqual([
    400,
    'invalid_request',
    'tenant',
  ]);
  expect(told(await post(echo, { 'idempotency-key': 'k'.repeat(256) }))).toEqual([
    400,
    'invalid_request',
    'Idempotency-Key',
  ]);
});

it('an unknown type, an unknown queue, a queue that is too short → 422', async () => {
  expect(told(await post({ type: 'no.such', payload: {} }))).toEqual([422, 'unknown_type', '/type']);
  expect(told(await post({ ...echo, queue: 'nowhere' }))).toEqual([422, 'unknown_queue', '/queue']);
  expect(told(await post({ ...echo, queue: 'webhooks' }))).toEqual([422, 'unknown_queue', '/queue']);
});

it('a payload against its schema → 422 with paths, its values not echoed', async () => {
  const payload = { url: 'ftp://secret-host/', headers: { Host: 'secret-header' }, extra: 'secret-extra' };
  const answer = await post({ type: 'webhook.deliver', payload });
  expect(told(answer).toSorted()).toEqual(
    [
      422,
      'invalid_payload',
      '/payload/body',
      '/payload/extra',
      '/payload/headers/Host',
      '/payload/url',
    ].toSorted(),
  );
  expect(JSON.stringify(answer.body)).not.toContain('secret');
});

it('a payload over the limit → 413, before all else', async () => {
  const payload = { message: 'x'.repeat(1024 * 1024) };
  expect(told(await post({ type: 'echo', payload, colour: 'red' }))).toEqual([413, 'payload_too_large']);
  expect(told(await post(`"${'x'.repeat(1024 * 1024 + 17_000)}`))).toEqual([413, 'payload_too_large']);
  const jobs = Array.from({ length: 5 }, () => ({ type: 'echo', payload: { message: 'x'.repeat(900_000) } }));
  expect(told(await api.call('enqueueBatch', { body: { jobs } }))).toEqual([413, 'payload_too_large']);
});

it('no jobs, 1,001 jobs → 400, and none of them is taken', async () => {
  const tenant = makeApi(local, newTenant());
  for (const jobs of [[], Array.from({ length: 1001 }, () => echo), 'all']) {
    expect(told(await tenant.call('enqueueBatch', { body: { jobs } }))).toEqual([
      400,
      'invalid_request',
      '/jobs',
    ]);
  }
  expect((await tenant.call('listJobs')).body).toEqual({ jobs: [] });
});

it('a batch with bad jobs → 207, the good ones accepted in order', async () => {
  const tenant = makeApi(local, newTenant());
  const jobs = [
    { type: 'echo', payload: { message: 'first' } },
    { type: 'echo', payload: {}, priority: 10 },
    { type: 'no.such', payload: {} },
    { type: 'echo', payload: { message: 'second' }, delay_seconds: 600 },
    { type: 'csv.summarize', payload: { csv: 7 } },
    'not a job',
    { type: 'echo', payload: { message: 'x'.repeat(1024 * 1024) } },
  ];
  const { status, body } = await tenant.call('enqueueBatch', { body: { jobs } });
  expect(status).toBe(207);
  const [first, , , second] = body.results;
  expect(body.results).toEqual([
    { id: expect.any(String), status: 'pending' },
    {
      code: 'invalid_request',
      error: expect.any(String),
      details: [{ path: '/priority', message: 'must be at most 9' }],
    },
    {
      code: 'unknown_type',
      error: expect.any(String),
      details: [expect.objectContaining({ path: '/type' })],
    },
    { id: expect.any(String), status: 'scheduled' },
    {
      code: 'invalid_payload',
      error: expect.any(String),
      details: [expect.objectContaining({ path: '/payload' })],
    },
    {
      code: 'invalid_request',
      error: expect.any(String),
      details: [{ path: '', message: 'must be an object' }],
    },
    { code: 'payload_too_large', error: expect.any(String) },
  ]);
  expect((await tenant.call('getPayload', { id: first.id })).body.payload).toEqual({ message: 'first' });
  expect((await tenant.call('getPayload', { id: second.id })).body.payload).toEqual({ message: 'second' });
  expect((await tenant.finished(first.id)).status).toBe('completed');
  expect((await tenant.call('listJobs')).body.jobs).toHaveLength(2);
});

it('a batch of bad jobs alone is 207 too', async () => {
  const { status, body } = await api.call('enqueueBatch', { body: { jobs: [{}, 1] } });
  expect([status, body.results.map(({ code }: { code: string }) => code)]).toEqual([
    207,
    ['invalid_request', 'invalid_request'],
  ]);
});

it.each(['getJob', 'getPayload', 'getResult', 'getErrors', 'getEffects', 'cancelJob', 'retryJob'] as const)(
  '%s of an unknown id, of no id, of another tenant → 404',
  async (route) => {
    const { id } = await other.enqueue('echo', {});
    for (const each of [unknownId, 'no-id', id])
      expect(told(await api.call(route, { id: each }))).toEqual([404, 'not_found']);
  },
);

it('a retry or a cancel of what has ended well → 409', async () => {
  const { id } = await api.enqueue('echo', {});
  await api.finished(id);
  expect(told(await api.call('retryJob', { id }))).toEqual([409, 'invalid_transition']);
  expect(told(await api.call('cancelJob', { id }))).toEqual([409, 'invalid_transition']);
});

it('a retry with a bad body → 400, 413, 422, and the job stays as it is', async () => {
  const { id } = await api.enqueue('csv.summarize', { csv: 'a\n1\n' }, { delay_seconds: 600 });
  await api.call('cancelJob', { id });
  const retry = (body: unknown) => api.call('retryJob', { id, body });
  expect(told(await retry('{'))).toEqual([400, 'invalid_request', '']);
  expect(told(await retry({ colour: 'red' }))).toEqual([400, 'invalid_request', '/colour']);
  expect(told(await retry({ payload: { csv: 'x'.repeat(1024 * 1024) } }))).toEqual([
    413,
    'payload_too_large',
  ]);
  expect(told(await retry({ payload: { csv: 7 } }))).toEqual([422, 'invalid_payload', '/payload']);
  expect(told(await api.call('cancelJob', { id, body: {} }))).toEqual([400, 'invalid_request', '']);
  expect((await api.get(id)).status).toBe('cancelled');
});

import { describe, expect, inject, it } from 'vitest';
import { makeApi, newTenant } from './api.ts';

const local = inject('taskq');
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const jobId = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

const named = newTenant();
const forms = [
  { form: '/v1', api: makeApi(local), tenant: 'default', base: '/v1' },
  {
    form: '/v1/tenants/{tenant}',
    api: makeApi(local, named),
    tenant: named,
    base: `/v1/tenants/${named}`,
  },
];

describe.each(forms)('a job under $form', ({ api, tenant, base }) => {
  const payload = { message: 'grüezi', list: [1, 2.5, null, { deep: true }] };

  it('goes from POST to its result', async () => {
    const { status, headers, body } = await api.call('enqueueJob', {
      body: { type: 'echo', payload, priority: 7, tags: ['a', 'b'], max_attempts: 3, timeout_seconds: 10 },
    });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`${base}/jobs/${body.id}`);
    expect(body).toStrictEqual({
      id: jobId,
      tenant,
      type: 'echo',
      queue: 'default',
      lane: 'high',
      priority: 7,
      status: 'pending',
      attempt: 0,
      max_attempts: 3,
      timeout_seconds: 10,
      tags: ['a', 'b'],
      created_at: instant,
      available_at: body.created_at,
      created_by: expect.stringContaining('arn:aws:iam::'),
    });

    const result = await api.call('getResult', { id: body.id, query: { wait: 20 } });
    expect([result.status, result.body]).toEqual([200, { status: 'completed', result: payload }]);

    const job = await api.get(body.id);
    expect(job).toStrictEqual({
      ...body,
      status: 'completed',
      attempt: 1,
      available_at: job.finished_at,
      started_at: instant,
      finished_at: instant,
      code_version: expect.stringMatching(/./),
    });
    expect(job.finished_at! >= job.started_at! && job.started_at! >= job.created_at).toBe(true);
    expect((await api.call('getPayload', { id: job.id })).body).toEqual({ payload });
    expect((await api.call('getErrors', { id: job.id })).body).toEqual({ errors: [] });
    const listed = await api.call('listJobs', { query: { limit: 200 } });
    expect(listed.body.jobs).toContainEqual(job);
  });

  it('has defaults where the request says nothing', async () => {
    expect(await api.enqueue('echo', {})).toMatchObject({
      lane: 'normal',
      priority: 4,
      max_attempts: 5,
      timeout_seconds: 30,
      tags: [],
    });
  });

  it('answers 304 while it is as the ETag says, and 200 once it is not', async () => {
    const { id } = await api.enqueue('echo', {}, { delay_seconds: 600 });
    const { headers } = await api.call('getJob', { id });
    const etag = headers.get('etag')!;
    expect(etag).toMatch(/^"[^"]+"$/);
    const same = await api.call('getJob', { id, headers: { 'if-none-match': `"other", ${etag}` } });
    expect([same.status, same.body, same.headers.get('etag')]).toEqual([304, '', etag]);
    await api.call('cancelJob', { id });
    const changed = await api.call('getJob', { id, headers: { 'if-none-match': etag } });
    expect([changed.status, changed.body.status]).toEqual([200, 'cancelled']);
    expect(changed.headers.get('etag')).not.toBe(etag);
  });
});

it('a job is seen by its own tenant alone', async () => {
  const owner = makeApi(local, newTenant());
  const { id } = await owner.enqueue('echo', { message: 'mine' }, { delay_seconds: 600 });
  for (const other of [makeApi(local, newTenant()), makeApi(local)]) {
    for (const route of [
      'getJob',
      'getPayload',
      'getResult',
      'getErrors',
      'getEffects',
      'cancelJob',
      'retryJob',
    ] as const) {
      const { status, body } = await other.call(route, { id });
      expect([route, status, body.code]).toEqual([route, 404, 'not_found']);
    }
    const { body } = await other.call('listJobs', { query: { limit: 200 } });
    expect(body.jobs.map((job: { id: string }) => job.id)).not.toContain(id);
  }
  expect((await owner.get(id)).status).toBe('scheduled');
});

it('a result that is not there yet is 202, at once or after the wait', async () => {
  const api = makeApi(local, newTenant());
  const { id } = await api.enqueue('echo', {}, { delay_seconds: 600 });
  for (const query of [{}, { wait: 1 }]) {
    const { status, body } = await api.call('getResult', { id, query });
    expect([status, body]).toEqual([202, { status: 'scheduled' }]);
  }
});

import { describe, expect, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import { csvSummarize } from '../../jobs/csv.summarize/contract.ts';
import { echo } from '../../jobs/echo/contract.ts';
import { aClient } from './a-client.ts';
import { aJob, jobId } from './a-job.ts';
import { aProblem, gateway, startApi, testRegion } from './api-server.ts';
import { testKey } from './sigv4.ts';

const created = () => ({ status: 201, body: aJob() });

describe('enqueue', () => {
  test('sends type, payload and options, signed, and answers with the job', async () => {
    const { client, received } = await aClient({ enqueueJob: created });
    const job = await client.enqueue(echo, { message: 'Grüße, 世界 🚀' }, { priority: 9, tags: ['a'] });
    expect(job).toEqual(aJob());
    expect(received[0]).toMatchObject({
      route: 'enqueueJob',
      tenant: undefined,
      body: { type: 'echo', payload: { message: 'Grüße, 世界 🚀' }, priority: 9, tags: ['a'] },
    });
  });

  test('a contract checks the type of the payload; a name takes any JSON', async () => {
    const { client, received } = await aClient({ enqueueJob: created });
    // @ts-expect-error csv is text
    await client.enqueue(csvSummarize, { csv: 1 });
    await client.enqueue('some.type', ['anything']);
    expect(received[1]?.body).toEqual({ type: 'some.type', payload: ['anything'] });
  });

  test('each call has a fresh key, its repeats the same', async () => {
    const { client, received, slept } = await aClient({
      enqueueJob: (_call, nth) =>
        nth === 1 ? 'hang up' : nth === 2 ? aProblem(503, 'unavailable', 'no') : created(),
    });
    await client.enqueue(echo, {});
    await client.enqueue(echo, {});
    const [first, second, third, next] = received.map((call) => call.key);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect([second, third]).toEqual([first, first]);
    expect(next).not.toBe(first);
    expect(slept).toEqual([100, 200]);
  });

  test('a key of the caller is sent as it is and not as a field', async () => {
    const { client, received } = await aClient({ enqueueJob: () => ({ status: 200, body: aJob() }) });
    await client.enqueue(echo, {}, { idempotencyKey: 'order-1' });
    expect(received[0]).toMatchObject({ key: 'order-1', body: { type: 'echo', payload: {} } });
  });

  test('busy is waited for as long as the API says', async () => {
    const { client, slept } = await aClient({
      enqueueJob: (_call, nth) =>
        nth === 1 ? aProblem(409, 'busy', 'in flight', undefined, { 'retry-after': '2' }) : created(),
    });
    await client.enqueue(echo, {});
    expect(slept).toEqual([2100]);
  });

  test('a refusal is not repeated and carries code, faults and request', async () => {
    const { client, received } = await aClient({
      enqueueJob: () =>
        aProblem(422, 'invalid_payload', 'does not fit', [{ path: '/payload/csv', message: 'must be text' }]),
    });
    await expect(client.enqueue('csv.summarize', {})).rejects.toMatchObject({
      name: 'ApiError',
      status: 422,
      code: 'invalid_payload',
      message: 'does not fit',
      details: [{ path: '/payload/csv', message: 'must be text' }],
      requestId: 'req-1',
    });
    expect(received).toHaveLength(1);
  });

  test('a batch has one key and an answer for each job', async () => {
    const results = [
      { id: jobId, status: 'pending' },
      { error: 'no such type', code: 'unknown_type' },
    ];
    const { client, received } = await aClient({ enqueueBatch: () => ({ status: 207, body: { results } }) });
    const jobs = [
      { type: 'echo', payload: {} },
      { type: 'nope', payload: {} },
    ];
    expect(await client.enqueueBatch(jobs, { idempotencyKey: 'b' })).toEqual({ results });
    expect(received[0]).toMatchObject({ body: { jobs }, key: 'b' });
  });
});

describe('one job', () => {
  test('is read, with payload, result and errors', async () => {
    const error = {
      code: 'network',
      cause: 'transient_error',
      message: 'reset',
      attempt: 1,
      run: 6,
      at: '2026-11-22T03:00:01.000Z',
    };
    const effect = { key: 'charge', value: 'ch_1', attempt: 1, run: 6, at: '2026-11-22T03:00:01.000Z' };
    const { client, received } = await aClient(
      {
        getJob: () => ({ status: 200, body: aJob() }),
        getPayload: () => ({ status: 200, body: { payload: { message: 'Grüße' } } }),
        getResult: () => ({ status: 200, body: { status: 'completed', result: 1 } }),
        getErrors: () => ({ status: 200, body: { errors: [error] } }),
        getEffects: () => ({ status: 200, body: { effects: [effect] } }),
        getHealth: () => ({ status: 200, body: { status: 'ok', version: '1' } }),
      },
      { tenant: 'acme' },
    );
    expect(await client.get(jobId)).toEqual(aJob());
    expect(await client.payload(jobId)).toEqual({ payload: { message: 'Grüße' } });
    expect(await client.result(jobId, { waitSeconds: 5 })).toEqual({ status: 'completed', result: 1 });
    expect(await client.errors(jobId)).toEqual({ errors: [error] });
    expect(await client.effects(jobId)).toEqual({ effects: [effect] });
    expect(await client.health()).toEqual({ status: 'ok', version: '1' });
    expect(received.map((call) => [call.tenant, call.id, call.query])).toEqual([
      ['acme', jobId, {}],
      ['acme', jobId, {}],
      ['acme', jobId, { wait: 5 }],
      ['acme', jobId, {}],
      ['acme', jobId, {}],
      [undefined, undefined, {}],
    ]);
  });

  test('is cancelled, and retried with or without an edited payload', async () => {
    const { client, received } = await aClient({
      cancelJob: () => ({ status: 200, body: aJob({ status: 'cancelled' }) }),
      retryJob: () => ({ status: 200, body: aJob() }),
    });
    expect((await client.cancel(jobId)).status).toBe('cancelled');
    await client.retry(jobId);
    await client.retry(jobId, { payload: { message: 'repaired' } });
    expect(received.map((call) => call.body)).toEqual([
      undefined,
      undefined,
      { payload: { message: 'repaired' } },
    ]);
  });

  test('is changed while it waits; a change of unknown outcome is not repeated', async () => {
    const { client, received } = await aClient({
      patchJob: (_call, nth) =>
        nth === 1
          ? { status: 200, body: aJob({ priority: 9, lane: 'critical' }) }
          : aProblem(503, 'unavailable', 'no'),
    });
    expect((await client.patch(jobId, { priority: 9, tags: [] })).lane).toBe('critical');
    await expect(client.patch(jobId, { delay_seconds: 60 })).rejects.toMatchObject({ status: 503 });
    expect(received.map((call) => call.body)).toEqual([{ priority: 9, tags: [] }, { delay_seconds: 60 }]);
  });

  test('cancel and retry are not repeated when it is unknown what became of them', async () => {
    const { client, received } = await aClient({
      cancelJob: () => 'hang up',
      retryJob: () => aProblem(503, 'unavailable', 'no'),
    });
    await expect(client.cancel(jobId)).rejects.toMatchObject({ status: 0, code: 'no_answer' });
    await expect(client.retry(jobId)).rejects.toMatchObject({ status: 503 });
    expect(received).toHaveLength(2);
  });

  test('cancel is repeated when it was throttled', async () => {
    const { client } = await aClient({
      cancelJob: (_call, nth) =>
        nth === 1
          ? gateway('ThrottlingException', 'Rate exceeded', 429)
          : { status: 200, body: aJob({ status: 'cancelled' }) },
    });
    expect((await client.cancel(jobId)).status).toBe('cancelled');
  });
});

describe('answers that are not of TaskQ', () => {
  test('an API that is not there is unreachable', async () => {
    const { client, close, slept } = await aClient({});
    await close();
    await expect(client.health()).rejects.toMatchObject({
      status: 0,
      code: 'unreachable',
      message: expect.stringMatching(/^cannot reach TaskQ at http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED$/),
    });
    expect(slept).toEqual([100, 200, 400, 800, 1600]);
  });

  test('a refusal of API Gateway says what to do', async () => {
    const { client } = await aClient({
      getJob: () => gateway('AccessDeniedException', 'User is not authorized'),
    });
    await expect(client.get(jobId)).rejects.toMatchObject({
      status: 403,
      code: 'refused',
      requestId: 'gw-1',
      message: expect.stringMatching(
        /was answered 403: User is not authorized \(allow execute-api:Invoke on this path/,
      ),
    });
  });

  test('another key is refused', async () => {
    const api = await startApi({});
    const credentials = { ...testKey, secretAccessKey: 'another' };
    const client = createClient({ apiUrl: api.apiUrl, region: testRegion, credentials });
    await expect(client.health()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining("check the secret key, the region and this machine's clock"),
    });
  });

  test('a page that is no JSON is told apart, whatever its status', async () => {
    const { client } = await aClient({
      getHealth: (_call, nth) => ({ status: nth === 1 ? 404 : 200, body: '<html>Not here</html>' }),
    });
    await expect(client.health()).rejects.toMatchObject({ status: 404, code: 'gateway' });
    await expect(client.health()).rejects.toMatchObject({
      code: 'gateway',
      message: expect.stringContaining('without JSON: is this the URL of a TaskQ?'),
    });
  });
});

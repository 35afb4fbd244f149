import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { makeApi, newTenant } from './api.ts';
import { makeAws } from './aws.ts';
import { type Killed, killInBatch } from './kill.ts';
import { answer, gate, openSink } from './sink.ts';

const local = inject('taskq');
const aws = await makeAws(local);
const sink = await openSink();
const api = makeApi(local, newTenant());
const victims = makeApi(local, newTenant());
const deliver = (url: string, options = {}) =>
  api.enqueue('webhook.deliver', { url, body: { n: 1 } }, options);
const later = { delay_seconds: 600 };
const soon = { timeout: 30_000, interval: 100 };

/** Less time than a message needs that is only hidden, until it has been received too often. */
async function isAcknowledged(lane: string, before: unknown): Promise<void> {
  await vi.waitFor(async () => expect(await aws.depth(lane)).toEqual(before), { ...soon, timeout: 10_000 });
}

let killed: Killed;

// First, because a lost lease takes its time: the tests run meanwhile, and the last one sees how it ended.
beforeAll(async () => {
  killed = await killInBatch(victims, aws, sink, inject('directory'));
});
afterAll(sink.close);

it.each([
  [9, 'critical'],
  [8, 'high'],
  [6, 'high'],
  [5, 'normal'],
  [3, 'normal'],
  [2, 'low'],
  [0, 'low'],
])('priority %i goes into lane %s', async (priority, lane) => {
  const url = aws.laneUrl('default', lane);
  const before = await aws.depth(url);
  const job = await api.enqueue('echo', {}, { ...later, priority });
  expect([job.lane, job.priority]).toEqual([lane, priority]);
  expect((await aws.depth(url)).delayed).toBe(before.delayed + 1);
});

it('a batch of 1,000 is taken whole, and each of its jobs completes', async () => {
  const tenant = makeApi(local, newTenant());
  const jobs = Array.from({ length: 1_000 }, (_, n) => ({ type: 'echo', payload: { n } }));
  const { status, body } = await tenant.call('enqueueBatch', { body: { jobs } });
  expect(status).toBe(207);
  const ids: string[] = body.results.map(({ id }: { id: string }) => id);
  expect(new Set(ids).size).toBe(1_000);
  await vi.waitFor(
    async () => {
      const found = (await tenant.pages({ limit: 200 })).flat();
      expect(found.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      expect(found.filter((job) => job.status !== 'completed' || job.attempt !== 1)).toEqual([]);
    },
    { timeout: 60_000, interval: 500 },
  );
  const { body: last } = await tenant.call('getResult', { id: ids[999] ?? '' });
  expect(last.result).toEqual({ n: 999 });
});

it('a delayed job is scheduled until it is claimed, and not before its time', async () => {
  const job = await api.enqueue('echo', {}, { delay_seconds: 3 });
  expect(job.status).toBe('scheduled');
  expect(Date.parse(job.available_at) - Date.parse(job.created_at)).toBe(3_000);
  expect(await api.get(job.id)).toEqual(job);
  const done = await api.finished(job.id);
  expect([done.status, done.attempt]).toEqual(['completed', 1]);
  expect(done.started_at! >= job.available_at).toBe(true);
});

it('run_at is the same as a delay, one in the past is now', async () => {
  const at = new Date(Date.now() + 300_000).toISOString();
  expect(await api.enqueue('echo', {}, { run_at: at })).toMatchObject({
    status: 'scheduled',
    available_at: at,
  });
  const past = await api.enqueue('echo', {}, { run_at: '2020-01-01T00:00:00Z' });
  expect([past.status, past.available_at]).toEqual(['pending', past.created_at]);
});

it('a 503 is tried again, no sooner than its Retry-After says', async () => {
  const url = sink.url('/busy', (response, nth) =>
    answer(nth === 1 ? 503 : 200, { 'retry-after': '2' })(response, nth),
  );
  const { id } = await deliver(url);
  await vi.waitFor(async () => expect((await api.get(id)).status).toBe('retrying'), soon);
  const { last_error, available_at, ...waiting } = await api.get(id);
  expect(last_error).toEqual({
    code: 'unavailable',
    cause: 'transient_error',
    attempt: 1,
    at: expect.any(String),
  });
  expect(waiting).toMatchObject({ attempt: 1, max_attempts: 8 });
  const askedMs = Date.parse(available_at) - Date.parse(last_error!.at);
  expect(askedMs).toBeGreaterThanOrEqual(2_000);
  expect(askedMs).toBeLessThanOrEqual(2_500);

  const done = await api.finished(id);
  expect([done.status, done.attempt, sink.of(id).length]).toEqual(['completed', 2, 2]);
  expect(done.started_at! >= available_at).toBe(true);
  const { body } = await api.call('getErrors', { id });
  expect(body.errors).toEqual([
    expect.objectContaining({ code: 'unavailable', attempt: 1, message: expect.stringContaining('503') }),
  ]);
  expect((await api.call('getResult', { id })).body.result).toMatchObject({ status: 200 });
});

it('a 400 fails at once and is tried no more', async () => {
  const { id } = await deliver(sink.url('/refuses', answer(400)));
  const job = await api.finished(id);
  expect(job).toMatchObject({ status: 'failed', attempt: 1, max_attempts: 8 });
  expect(job.last_error).toEqual({
    code: 'rejected',
    cause: 'permanent_error',
    attempt: 1,
    at: job.finished_at,
    fingerprint: expect.any(String),
  });
  expect(sink.of(id)).toHaveLength(1);
  const { status, body } = await api.call('getResult', { id });
  expect([status, body.code]).toEqual([409, 'no_result']);
});

it('a handler that hangs is ended by the timeout and tried again', async () => {
  const { id } = await deliver(
    sink.url('/hangs', () => {}),
    { timeout_seconds: 1 },
  );
  await vi.waitFor(async () => expect((await api.get(id)).status).toBe('retrying'), soon);
  const { last_error, available_at } = await api.get(id);
  expect(last_error).toMatchObject({ code: 'timeout', cause: 'timeout', attempt: 1 });
  const waitMs = Date.parse(available_at) - Date.parse(last_error!.at);
  expect(waitMs).toBeGreaterThanOrEqual(90_000);
  expect(waitMs).toBeLessThanOrEqual(150_000);
  await vi.waitFor(() => expect(sink.of(id)).toEqual([expect.objectContaining({ gone: true })]), soon);
  const cancelled = await api.call('cancelJob', { id });
  expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);
});

it('attempts that are used up are the end', async () => {
  const { id } = await deliver(sink.url('/down', answer(500, { 'retry-after': '1' })), { max_attempts: 2 });
  const job = await api.finished(id);
  expect(job).toMatchObject({ status: 'failed', attempt: 2, max_attempts: 2 });
  expect(job.last_error).toMatchObject({ code: 'unavailable', attempt: 2 });
  expect(sink.of(id)).toHaveLength(2);
  const { body } = await api.call('getErrors', { id });
  expect(body.errors.map(({ attempt }: { attempt: number }) => attempt)).toEqual([1, 2]);
});

it('a person retries a failed job, with another payload and all its attempts', async () => {
  const { id } = await deliver(sink.url('/gone', answer(404)));
  const failed = await api.finished(id);
  const payload = { url: sink.url('/moved'), body: 'edited' };
  const { status, body } = await api.call('retryJob', { id, body: { payload } });
  expect([status, body]).toEqual([
    200,
    expect.objectContaining({ id, status: 'pending', attempt: 0, max_attempts: 8 }),
  ]);
  expect(body.finished_at).toBeUndefined();
  const job = await api.finished(id);
  expect([job.status, job.attempt, job.created_at]).toEqual(['completed', 1, failed.created_at]);
  expect((await api.call('getPayload', { id })).body).toEqual({ payload });
  expect(sink.of(id).map((each) => [each.path, each.body])).toEqual([
    ['/gone', '{"n":1}'],
    ['/moved', 'edited'],
  ]);
});

it('a person retries a cancelled job with the payload it has', async () => {
  const { id } = await api.enqueue('echo', { message: 'kept' }, later);
  await api.call('cancelJob', { id });
  expect((await api.call('retryJob', { id })).status).toBe(200);
  const result = await api.call('getResult', { id, query: { wait: 20 } });
  expect(result.body).toEqual({ status: 'completed', result: { message: 'kept' } });
});

it('a running job is not retried: 409', async () => {
  const { reply, open } = gate();
  const { id } = await deliver(sink.url('/held', reply));
  await vi.waitFor(() => expect(sink.of(id)).toHaveLength(1), soon);
  expect((await api.get(id)).status).toBe('running');
  const { status, body } = await api.call('retryJob', { id });
  expect([status, body.code]).toEqual([409, 'invalid_transition']);
  open();
  expect((await api.finished(id)).status).toBe('completed');
});

it('the pointer of a cancelled job does nothing', async () => {
  const lane = aws.laneUrl('webhooks', 'critical');
  const before = await aws.depth(lane);
  const { id } = await deliver(sink.url('/never'), { delay_seconds: 2, priority: 9 });
  expect((await aws.depth(lane)).delayed).toBe(before.delayed + 1);
  const { body } = await api.call('cancelJob', { id });
  expect([body.status, body.finished_at]).toEqual(['cancelled', expect.any(String)]);
  await isAcknowledged(lane, before);
  expect(await api.get(id)).toEqual(body);
  expect(sink.of(id)).toEqual([]);
});

it('two pointers to one job run it once', async () => {
  const { id } = await deliver(sink.url('/once'));
  const done = await api.finished(id);
  const lane = aws.laneUrl('webhooks', 'high');
  const before = await aws.depth(lane);
  await aws.sendPointer(lane, api.tenant, id);
  await isAcknowledged(lane, before);
  expect(await api.get(id)).toEqual(done);
  expect(sink.of(id)).toHaveLength(1);
});

it('a worker killed in the middle of a batch loses no job and finishes none twice', async () => {
  const { ended, running, once, alone, behind } = killed;
  for (const id of running) {
    // Innocent perhaps, so the attempt was given back; the fence tells that it was the second one.
    expect(await victims.finished(id, 120_000)).toMatchObject({ status: 'completed', attempt: 1 });
    expect(await aws.record(victims.tenant, id)).toMatchObject({ fence: 2 });
    expect(sink.of(id)).toHaveLength(2);
  }
  expect(await victims.finished(alone)).toMatchObject({ status: 'completed', attempt: 2 });
  expect(sink.of(alone)).toHaveLength(2);
  const after = await victims.finished(behind);
  expect(after).toMatchObject({ status: 'completed', attempt: 1 });
  expect(after.started_at! >= (await victims.get(alone)).finished_at!).toBe(true);

  const lost = await victims.finished(once);
  expect(lost).toMatchObject({ status: 'failed', attempt: 1, max_attempts: 1 });
  expect(lost.last_error).toMatchObject({ code: 'lease_lost', cause: 'lease_lost', attempt: 1 });
  expect(sink.of(once)).toHaveLength(1);

  expect(ended).toHaveLength(4);
  for (const job of ended) {
    expect(await victims.get(job.id)).toEqual(job);
    expect(sink.of(job.id)).toHaveLength(1);
  }
});

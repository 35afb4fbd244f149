import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import type { FailuresResponse } from '../../core/many.ts';
import { makeApi, newTenant } from './api.ts';
import { answer, ok, openSink, type Sink } from './sink.ts';

const api = makeApi(inject('taskq'), newTenant());
let sink: Sink;
/** Of jobs that a receiver refuses, and of jobs whose credentials it does not accept. */
let refused: string[];
let locked: string[];

beforeAll(async () => {
  sink = await openSink();
  const jobs = Array.from({ length: 20 }, (_, n) => ({
    type: 'webhook.deliver',
    payload: {
      url: n < 12 ? sink.url(`/refuses?n=${n}`, answer(404)) : sink.url(`/locked?n=${n}`, answer(401)),
      body: { n },
    },
    tags: ['redrive'],
  }));
  const { status, body } = await api.call('enqueueBatch', { body: { jobs } });
  expect(status).toBe(207);
  const ids: string[] = body.results.map(({ id }: { id: string }) => id);
  [refused, locked] = [ids.slice(0, 12), ids.slice(12)];
  await vi.waitFor(async () => expect((await api.pages({ status: 'failed' })).flat()).toHaveLength(20), {
    timeout: 60_000,
    interval: 500,
  });
});
afterAll(() => sink.close());

async function groups(): Promise<FailuresResponse['groups']> {
  const { status, body } = await api.call('listFailures', { query: { tag: 'redrive' } });
  expect(status).toBe(200);
  return body.groups;
}

/** Asks for an operation and waits for its result. */
async function operated(name: 'retryMany' | 'cancelMany', body: unknown) {
  const { status, body: job } = await api.call(name, { body });
  expect(status).toBe(202);
  expect(await api.finished(job.id, 120_000)).toMatchObject({ status: 'completed', attempt: 1 });
  return (await api.call('getResult', { id: job.id })).body.result;
}

const statusesOf = async (ids: string[]) =>
  (await Promise.all(ids.map((id) => api.finished(id)))).map(({ status }) => status);

it('failed jobs are two groups of alike ones', async () => {
  const found = await groups();
  expect(found).toMatchObject([
    { type: 'webhook.deliver', queue: 'webhooks', code: 'rejected', cause: 'permanent_error', count: 12 },
    {
      type: 'webhook.deliver',
      queue: 'webhooks',
      code: 'authentication',
      cause: 'permanent_error',
      count: 8,
    },
  ]);
  const [first, second] = found;
  expect(refused).toEqual(expect.arrayContaining(first!.examples));
  expect(locked).toEqual(expect.arrayContaining(second!.examples));
  const job = await api.get(second!.examples[0]!);
  expect(job.last_error?.fingerprint).toBe(second!.fingerprint);
  expect(job.code_version).toBe(second!.code_version);
});

it('a group is retried with a patch; the other stays failed', async () => {
  const { fingerprint } = (await groups()).find(({ code }) => code === 'authentication')!;
  const patch = { url: sink.url('/repaired'), secret: 'a new secret' };
  const dry = await api.call('retryMany', { body: { fingerprint, dry_run: true } });
  expect([dry.status, dry.body]).toEqual([200, { matched: 8, more: false, in_workflow: 0 }]);
  const misfit = await api.call('retryMany', { body: { fingerprint, patch: { url: 5 }, dry_run: true } });
  expect(misfit.body.patch.tried).toBe(8);
  expect(misfit.body.patch.misfits).toHaveLength(8);
  expect(misfit.body.patch.misfits[0]).toMatchObject({
    reason: 'invalid_payload',
    details: [{ path: '/payload/url' }],
  });
  const fits = await api.call('retryMany', { body: { fingerprint, patch, dry_run: true } });
  expect(fits.body.patch).toEqual({ tried: 8, misfits: [] });
  const key = { headers: { 'idempotency-key': 'redrive-1' } };
  const begun = await api.call('retryMany', { body: { fingerprint, patch }, ...key });
  expect(begun.status).toBe(202);
  await api.finished(begun.body.id, 120_000);
  expect((await api.call('getResult', { id: begun.body.id })).body.result).toEqual({
    ...{ matched: 8, retried: 8, skipped: 0, reasons: {}, examples: [] },
  });
  expect(await statusesOf(locked)).toEqual(Array(8).fill('completed'));
  expect((await api.call('getPayload', { id: locked[0]! })).body.payload).toEqual({
    ...patch,
    body: { n: 12 },
  });
  for (const id of locked)
    expect(sink.of(id).map(({ path }) => path.split('?')[0])).toEqual(['/locked', '/repaired']);
  const again = await api.call('retryMany', { body: { fingerprint, patch }, ...key });
  expect([again.status, again.body.id]).toEqual([200, begun.body.id]);
  expect(await groups()).toMatchObject([{ code: 'rejected', count: 12 }]);
});

it('a canary that fails stops the rest', async () => {
  const fingerprint = (await groups())[0]?.fingerprint;
  const canary = { percent: 25, max_failure_rate: 0.1, wait_seconds: 60 };
  expect(await operated('retryMany', { fingerprint, canary })).toEqual({
    ...{ matched: 12, retried: 3, skipped: 0, reasons: {}, examples: [], stopped: 'canary' },
    canary: { jobs: 3, completed: 0, failed: 3, open: 0, failure_rate: 1 },
  });
  const tries = refused.map((id) => sink.of(id).length).sort();
  expect(tries).toEqual([...Array(9).fill(1), ...Array(3).fill(2)]);
  expect(await groups()).toMatchObject([{ fingerprint, count: 12 }]);
});

it('a canary that goes well is followed by the rest', async () => {
  for (let n = 0; n < 12; n++) sink.url(`/refuses?n=${n}`, ok);
  const fingerprint = (await groups())[0]?.fingerprint;
  const canary = { percent: 25, max_failure_rate: 0.1, wait_seconds: 60 };
  expect(await operated('retryMany', { fingerprint, canary })).toEqual({
    ...{ matched: 12, retried: 12, skipped: 0, reasons: {}, examples: [] },
    canary: { jobs: 3, completed: 3, failed: 0, open: 0, failure_rate: 0 },
  });
  expect(await statusesOf(refused)).toEqual(Array(12).fill('completed'));
  expect(await groups()).toEqual([]);
});

it('many jobs are cancelled, those of the filter alone', async () => {
  const delayed = (tags: string[]) =>
    Promise.all(
      Array.from({ length: 5 }, (_, n) => api.enqueue('echo', { n }, { delay_seconds: 600, tags })),
    );
  const [unwanted, wanted] = [await delayed(['unwanted']), await delayed(['wanted'])];
  const dry = await api.call('cancelMany', { body: { tags: ['unwanted'], dry_run: true } });
  expect(dry.body).toEqual({ matched: 5, more: false });
  expect(await operated('cancelMany', { tags: ['unwanted'], status: 'scheduled' })).toEqual({
    ...{ matched: 5, cancelled: 5, skipped: 0, reasons: {}, examples: [] },
  });
  for (const { id } of unwanted) expect((await api.get(id)).status).toBe('cancelled');
  for (const { id } of wanted) expect((await api.get(id)).status).toBe('scheduled');
});

it('nobody enqueues an operation past its checks', async () => {
  const { status, body } = await api.call('enqueueJob', {
    body: { type: 'taskq.retry', payload: { status: 'failed' } },
  });
  expect([status, body.code]).toEqual([422, 'unknown_type']);
});

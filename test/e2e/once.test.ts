import { afterAll, expect, inject, it, vi } from 'vitest';
import { makeApi, newTenant } from './api.ts';
import { answer, openSink } from './sink.ts';

const local = inject('taskq');
const sink = await openSink();
const api = makeApi(local, newTenant());
afterAll(sink.close);

const at = (path: string) => sink.deliveries.filter((each) => each.path === path);
const effects = async (id: string) => {
  const { status, body } = await api.call('getEffects', { id });
  expect(status).toBe(200);
  return body.effects as { key: string; value: unknown; attempt: number; run: number; at: string }[];
};

it('what the first attempt has done, the second does not do again', async () => {
  const busy = sink.url('/busy', (response) =>
    answer(at('/busy').length === 1 ? 503 : 200, { 'retry-after': '2' })(response, 1),
  );
  const urls = [sink.url('/takes'), busy];
  const { id } = await api.enqueue('webhook.fanout', { urls, body: { n: 1 } });
  await vi.waitFor(async () => expect((await api.get(id)).status).toBe('retrying'), {
    timeout: 30_000,
    interval: 100,
  });
  const half = await effects(id);
  expect(half).toMatchObject([{ value: 200, attempt: 1, run: 1 }]);

  const done = await api.finished(id);
  expect([done.status, done.attempt]).toEqual(['completed', 2]);
  expect((await api.call('getResult', { id })).body.result).toEqual({ statuses: [200, 200] });
  expect([at('/takes').length, at('/busy').length]).toEqual([1, 2]);
  // The receiver that failed is given the same key again; the other has one of its own.
  expect(new Set(at('/busy').map((each) => each.id)).size).toBe(1);
  expect(at('/takes')[0]?.id).toMatch(/^[\w-]{43}$/);
  expect(at('/takes')[0]?.id).not.toBe(at('/busy')[0]?.id);
  const all = await effects(id);
  expect(all[0]).toEqual(half[0]);
  expect(all.map(({ value, attempt, run }) => [value, attempt, run])).toEqual([
    [200, 1, 1],
    [200, 2, 2],
  ]);
});

it('nor does a person’s retry, its list edited: only the address that was wrong is called', async () => {
  const good = sink.url('/good');
  const { id } = await api.enqueue('webhook.fanout', {
    urls: [good, sink.url('/wrong', answer(404))],
    body: 'edited',
  });
  expect((await api.finished(id)).status).toBe('failed');
  const payload = { urls: [good, sink.url('/right')], body: 'edited' };
  expect((await api.call('retryJob', { id, body: { payload } })).status).toBe(200);
  expect((await api.finished(id)).status).toBe('completed');
  expect([at('/good').length, at('/wrong').length, at('/right').length]).toEqual([1, 1, 1]);
  expect((await effects(id)).map(({ attempt, run }) => [attempt, run])).toEqual([
    [1, 1],
    [1, 2],
  ]);
});

it('a job that never calls once has no effects', async () => {
  const { id } = await api.enqueue('echo', {});
  await api.finished(id);
  expect(await effects(id)).toEqual([]);
});

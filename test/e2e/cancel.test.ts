import { afterAll, expect, inject, it, vi } from 'vitest';
import { makeApi, newTenant } from './api.ts';
import { openSink } from './sink.ts';

const api = makeApi(inject('taskq'), newTenant());
const sink = await openSink();
const soon = { timeout: 30_000, interval: 50 };
afterAll(() => sink.close());

it('a cancel reaches a job that runs in a short queue, and ends it', async () => {
  const url = sink.url('/never', () => {});
  const { id } = await api.enqueue('webhook.deliver', { url, body: 'held' });
  await vi.waitFor(() => expect(sink.of(id)).toHaveLength(1), soon);
  const first = await api.call('cancelJob', { id });
  expect([first.status, first.body.status]).toEqual([202, 'running']);
  const second = await api.call('cancelJob', { id });
  expect([second.status, second.body]).toEqual([202, first.body]);
  const ended = await api.finished(id);
  expect(ended).toMatchObject({ status: 'cancelled', attempt: 1 });
  const askedAt = Date.parse(first.body.cancel_requested_at);
  // Looked at every 5 s, and what the emulator takes for it; its own timeout would be 20 s.
  expect((Date.parse(ended.finished_at ?? '') - askedAt) / 1000).toBeLessThan(10);
  await vi.waitFor(() => expect(sink.of(id)).toEqual([expect.objectContaining({ gone: true })]), soon);
  const late = await api.call('cancelJob', { id });
  expect([late.status, late.body.code]).toEqual([409, 'invalid_transition']);
  expect(await api.get(id)).toEqual(ended);
});

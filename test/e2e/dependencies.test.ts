import { describe, expect, inject, it, vi } from 'vitest';
import { makeApi, newTenant } from './api.ts';
import { answer, gate, ok, openSink } from './sink.ts';

const local = inject('taskq');
const api = makeApi(local, newTenant());
const sink = await openSink();
const soon = { timeout: 60_000, interval: 100 };

const hook = (path: string, reply = ok) => ({ url: sink.url(path, reply), body: path });
const behind = (...ids: string[]) => ({ dependencies: ids });

describe('a job posted after one that', () => {
  it('waits for its time: it waits too, says so, and runs when that has ended', async () => {
    const parent = await api.enqueue('echo', { message: 'first' }, { delay_seconds: 4 });
    const child = await api.enqueue('webhook.deliver', hook('/after-delay'), {
      ...behind(parent.id),
      tags: ['x'],
    });
    expect(child).toMatchObject({
      status: 'waiting_dependencies',
      dependencies: [{ id: parent.id, on_failure: 'cancel' }],
    });
    expect((await api.get(child.id)).waits_for).toEqual([{ id: parent.id, status: 'scheduled' }]);
    const listed = await api.pages({ status: 'waiting_dependencies' });
    expect(listed.flat().map(({ id }) => id)).toEqual([child.id]);
    const done = await api.finished(child.id);
    expect(done.status).toBe('completed');
    const first = await api.get(parent.id);
    expect(done.started_at! >= first.finished_at!).toBe(true);
    // Brought on by the end of the other, and not by the look after a minute.
    expect(Date.parse(done.started_at!) - Date.parse(first.finished_at!)).toBeLessThan(30_000);
  });

  it('runs', async () => {
    const { reply, open } = gate();
    const parent = await api.enqueue('webhook.deliver', hook('/held-parent', reply));
    await vi.waitFor(() => expect(sink.of(parent.id)).toHaveLength(1), soon);
    const child = await api.enqueue('echo', { message: 'second' }, behind(parent.id));
    expect((await api.get(child.id)).waits_for).toEqual([{ id: parent.id, status: 'running' }]);
    open();
    expect((await api.finished(child.id)).status).toBe('completed');
  });

  it('has completed', async () => {
    const parent = await api.enqueue('echo', { message: 'done' });
    await api.finished(parent.id);
    const child = await api.enqueue('echo', { message: 'at once' }, behind(parent.id));
    expect(child.status).toBe('pending');
    expect((await api.finished(child.id)).status).toBe('completed');
  });

  it('has failed: it is cancelled with the cause, or runs if it may', async () => {
    const parent = await api.enqueue('webhook.deliver', hook('/fails', answer(400)));
    expect((await api.finished(parent.id)).status).toBe('failed');
    const cancelled = await api.enqueue('echo', { message: 'never' }, behind(parent.id));
    const ran = await api.enqueue(
      'echo',
      { message: 'anyway' },
      { dependencies: [{ id: parent.id, on_failure: 'continue' }] },
    );
    expect(ran.status).toBe('pending');
    expect(await api.finished(cancelled.id)).toMatchObject({
      status: 'cancelled',
      attempt: 0,
      last_error: { code: 'dependency_failed', cause: 'dependency_failed', dependency: parent.id },
    });
    expect((await api.finished(ran.id)).status).toBe('completed');
    // By a person it runs at once, whatever it waited for.
    expect((await api.call('retryJob', { id: cancelled.id })).status).toBe(200);
    expect((await api.finished(cancelled.id)).status).toBe('completed');
  });

  it('is cancelled: so is it, and what waits for it', async () => {
    const parent = await api.enqueue('echo', { message: 'first' }, { delay_seconds: 600 });
    const child = await api.enqueue('echo', { message: 'second' }, behind(parent.id));
    const grandchild = await api.enqueue('echo', { message: 'third' }, behind(child.id));
    // Their first looks have noted who waits for whom.
    await vi.waitFor(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect((await api.get(grandchild.id)).status).toBe('waiting_dependencies');
    }, soon);
    expect((await api.call('cancelJob', { id: parent.id })).body.status).toBe('cancelled');
    expect((await api.finished(child.id)).status).toBe('cancelled');
    expect((await api.finished(grandchild.id)).last_error?.dependency).toBe(child.id);
  });

  it('is not there, or another tenant’s: 422, and the same key may be used again', async () => {
    const stranger = await makeApi(local, newTenant()).enqueue('echo', { message: 'theirs' });
    const mine = await api.enqueue('echo', { message: 'mine' });
    const headers = { 'Idempotency-Key': 'after-strangers' };
    const job = { type: 'echo', payload: { message: 'late' } };
    const refused = await api.call('enqueueJob', {
      body: { ...job, ...behind(mine.id, stranger.id) },
      headers,
    });
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid_dependency']);
    expect(refused.body.details.map(({ path }: { path: string }) => path)).toEqual(['/dependencies/1']);
    const taken = await api.call('enqueueJob', { body: { ...job, ...behind(mine.id) }, headers });
    const again = await api.call('enqueueJob', { body: { ...job, ...behind(mine.id) }, headers });
    expect([taken.status, again.status, again.body.id]).toEqual([201, 200, taken.body.id]);
    expect((await api.finished(taken.body.id)).status).toBe('completed');
  });
});

it('a chain of three, through two queues, posted at once', async () => {
  const first = await api.enqueue('webhook.deliver', hook('/chain-1'), { delay_seconds: 3 });
  const second = await api.enqueue('echo', { message: 'chain 2' }, behind(first.id));
  const third = await api.enqueue('webhook.deliver', hook('/chain-3'), behind(second.id, first.id));
  expect((await api.finished(third.id)).status).toBe('completed');
  const jobs = await Promise.all([first, second, third].map(({ id }) => api.get(id)));
  const hops = [1, 2].map(
    (index) => Date.parse(jobs[index]!.started_at!) - Date.parse(jobs[index - 1]!.finished_at!),
  );
  console.log(`hops of a chain of three posted jobs: ${hops.join(' ms, ')} ms`);
  for (const hop of hops) expect(hop).toBeGreaterThanOrEqual(0);
});

it('twenty that wait for one', async () => {
  const parent = await api.enqueue('echo', { message: 'fan' }, { delay_seconds: 8 });
  const children = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      api.enqueue('echo', { message: `fan ${index}` }, behind(parent.id)),
    ),
  );
  const done = await Promise.all(children.map(({ id }) => api.finished(id)));
  expect(new Set(done.map(({ status }) => status))).toEqual(new Set(['completed']));
});

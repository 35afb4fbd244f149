import { describe, expect, it } from 'vitest';
import { packIds } from '../../../core/dependencies.ts';
import { aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { aWaitingWorld } from './waiting-world.ts';

describe('a job that is posted', () => {
  it('after one that has not ended: 201, it waits, in attention, and a pointer has it looked after', async () => {
    const it = aWaitingWorld();
    const parent = await it.job();
    const { status, body } = await it.enqueue({}, { dependencies: [parent], priority: 7 });
    expect([status, body.status]).toEqual([201, 'waiting_dependencies']);
    expect(body.dependencies).toEqual([{ id: parent, on_failure: 'cancel' }]);
    expect(it.record(String(body.id))).toMatchObject({
      attention: expect.stringMatching(/^due#\d\d$/),
      attentionAt: start + 60_000,
    });
    expect(it.world.lanes.waiting('high')).toEqual([{ job: body.id, inSeconds: 0 }]);
  });

  it('after one that has completed: it is one like any other', async () => {
    const it = aWaitingWorld();
    const parent = await it.job();
    await it.work();
    const { body } = await it.enqueue({}, { dependencies: [parent], delay_seconds: 5 });
    expect([body.status, body.available_at]).toEqual(['scheduled', '2026-11-22T10:00:05.000Z']);
    expect(body.dependencies).toEqual([{ id: parent, on_failure: 'cancel' }]);
    expect(it.record(String(body.id))).not.toHaveProperty('attention');
  });

  it('after one that has failed: it is cancelled with the first look', async () => {
    const it = aWaitingWorld();
    const parent = await it.job({ fails: true });
    await it.work();
    const child = await it.job({}, { dependencies: [parent] });
    await it.work();
    expect(it.record(child)).toMatchObject({
      status: 'cancelled',
      finishedAt: start,
      lastError: { code: 'dependency_failed', cause: 'dependency_failed', dependency: parent },
    });
    expect((await it.manage('getJob', child)).body.last_error).toEqual({
      code: 'dependency_failed',
      cause: 'dependency_failed',
      attempt: 0,
      at: '2026-11-22T10:00:00.000Z',
      dependency: parent,
    });
  });

  it('after jobs that are none of this tenant’s: 422, all of them named, nothing written', async () => {
    const it = aWaitingWorld();
    const foreign = await it.world.job('theirs', { tenant: 'other' });
    const [unknown, parent] = [aJobId(), await it.job()];
    const before = it.world.faults.calls.length;
    const { code, body } = await it.enqueue(
      {},
      { dependencies: [unknown, parent, { id: foreign.sk }] },
      'a-key',
    );
    expect(code).toBe('invalid_dependency');
    expect(body.details).toEqual([
      { path: '/dependencies/0', message: `must be a job of tenant "acme": it has no job "${unknown}"` },
      { path: '/dependencies/2', message: `must be a job of tenant "acme": it has no job "${foreign.sk}"` },
    ]);
    expect(it.world.faults.calls.slice(before)).toEqual(['get 3', 'dedupeKey 1', 'find 1']);
  });

  it('after one that 100 others wait for', async () => {
    const it = aWaitingWorld();
    const parent = await it.world.job('busy', {
      status: 'running',
      watchers: packIds(Array.from({ length: 100 }, () => aJobId())),
    });
    expect((await it.enqueue({}, { dependencies: [parent.sk] })).body.details).toEqual([
      {
        path: '/dependencies/0',
        message: 'must be awaited by at most 100 jobs; a workflow has no such limit',
      },
    ]);
  });

  it.each([
    ['no id', { dependencies: ['a'] }, '/dependencies/0', 'must be the id of a job'],
    ['twice the same', 'twice', '/dependencies/1', 'must stand once: it is /dependencies/0 too'],
    ['101', 'many', '/dependencies', 'must have at most 100 entries'],
    [
      'another policy',
      { dependencies: [{ id: aJobId(), on_failure: 'compensate' }] },
      '/dependencies/0/on_failure',
      'must be one of "cancel", "continue"',
    ],
    [
      'no text and no object',
      { dependencies: [5] },
      '/dependencies/0',
      'must be the id of a job, or {id, on_failure}',
    ],
    ['an unknown field', { dependencies: [{ id: aJobId(), if: 1 }] }, '/dependencies/0/if', 'unknown field'],
  ])('with %s: 400', async (_, body, path, message) => {
    const it = aWaitingWorld();
    const id = aJobId();
    const dependencies =
      body === 'twice' ? [id, { id, on_failure: 'continue' }] : Array.from({ length: 101 }, () => aJobId());
    const answer = await it.enqueue({}, typeof body === 'string' ? { dependencies } : body);
    expect(answer.code).toBe('invalid_request');
    expect(answer.body.details).toEqual([{ path, message }]);
  });

  it('in a batch: refused by itself, the others are taken', async () => {
    const it = aWaitingWorld();
    const parent = await it.job();
    const { post } = (await import('../../support/requests.ts')).enqueuer(it.world);
    const answer = await post([
      { type: 'echo', payload: 1, dependencies: [parent] },
      { type: 'echo', payload: 2 },
    ]);
    expect((answer as { body: { results: object[] } }).body.results).toMatchObject([
      { code: 'invalid_request', details: [{ path: '/dependencies' }] },
      { status: 'pending' },
    ]);
  });

  it('with no dependencies in the list: waits for nothing', async () => {
    const it = aWaitingWorld();
    const { body } = await it.enqueue({}, { dependencies: [] });
    expect([body.status, body.dependencies]).toEqual(['pending', undefined]);
  });

  it('twice with one key: the same job, also when its dependency has ended since', async () => {
    const it = aWaitingWorld();
    const parent = await it.job();
    const first = await it.enqueue({}, { dependencies: [parent] }, 'a-key');
    await it.run(5);
    const second = await it.enqueue({}, { dependencies: [parent] }, 'a-key');
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.id).toBe(first.body.id);
    expect(it.begun).toEqual([parent, first.body.id]);
  });

  it('twice with one key, and 100 wait by then: the same job; whoever else comes is refused, and holds no key', async () => {
    const it = aWaitingWorld();
    const parent = await it.job({}, { delay_seconds: 600 });
    const first = await it.enqueue({}, { dependencies: [parent] }, 'a-key');
    for (let count = 1; count < 100; count++) await it.job({}, { dependencies: [parent] });
    for (let count = 0; count < 10; count++) await it.work();
    await it.world.clock.advance(1_000);
    const repeat = await it.enqueue({}, { dependencies: [parent] }, 'a-key');
    expect([first.status, repeat.status]).toEqual([201, 200]);
    expect(repeat.body.id).toBe(first.body.id);
    const held = it.world.dedupe.items.size;
    const other = await it.enqueue({}, { dependencies: [parent], priority: 9 }, 'a-key');
    const late = await it.enqueue({}, { dependencies: [parent] }, 'another-key');
    expect([other.code, late.code]).toEqual(['invalid_dependency', 'invalid_dependency']);
    expect(it.world.dedupe.items.size).toBe(held);
  });
});

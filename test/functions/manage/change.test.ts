import { describe, expect, it } from 'vitest';
import type { JobState } from '../../../core/state.ts';
import type { JobRecord } from '../../../core/table.ts';
import { sealedBytes } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { manager, told } from '../../support/requests.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

async function withJob(
  fields: Partial<JobRecord> & { status?: JobState } = {},
  payload: unknown = 'a payload',
) {
  const world = aWorld();
  const job = await world.job(payload, fields);
  const { call, errors } = manager(world);
  return {
    world,
    job,
    errors,
    retry: async (body?: unknown) =>
      told(await call('retryJob', { id: job.sk, body: body === undefined ? '' : JSON.stringify(body) })),
    cancel: async (body = '') => told(await call('cancelJob', { id: job.sk, body })),
    record: () => world.store.peek(job.sk)!,
  };
}

describe('retry', () => {
  it.each(['failed', 'cancelled'] as const)(
    '%s → pending with all its attempts; the record, then its pointer',
    async (status) => {
      const { world, job, retry, record } = await withJob({
        ...{ status, priority: 7, buried: 3, shared: 10 },
        ...{ result: sealedBytes(), cancelRequestedAt: start, attentionStep: 8 },
      });
      expect(await retry()).toMatchObject({
        status: 200,
        body: { id: job.sk, status: 'pending', attempt: 0, max_attempts: 5 },
      });
      expect(record()).toMatchObject({
        status: 'pending',
        availableAt: start,
        attempt: 0,
        attemptsLeft: 5,
        buried: 0,
        shared: 0,
        attention: expect.stringMatching(/^due#\d\d$/),
        attentionAt: start + 60_000,
      });
      for (const gone of [
        'attentionStep',
        'owner',
        'message',
        'finishedAt',
        'expiresAt',
        'result',
        'cancelRequestedAt',
      ])
        expect(record()).not.toHaveProperty(gone);
      expect(world.lanes.waiting('high')).toEqual([{ job: job.sk, inSeconds: 0 }]);
      expect(world.faults.calls.slice(-2)).toEqual(['change 1', 'deliver 1']);
    },
  );

  it('runs again, under a higher fence', async () => {
    const { world, retry, record } = await withJob({ status: 'failed' });
    await retry();
    await worker(world).invoke('normal');
    expect(record()).toMatchObject({ status: 'completed', fence: 2, attempt: 1 });
  });

  it.each(['pending', 'scheduled', 'retrying', 'running', 'completed'] as const)(
    '%s → 409, nothing changed',
    async (status) => {
      const { world, job, retry, record } = await withJob({ status });
      expect(await retry()).toMatchObject({
        code: 'invalid_transition',
        body: { error: `the job is ${status}; only a job that is failed or cancelled can be retried` },
      });
      expect(record()).toEqual(job);
      expect(world.lanes.waiting('normal')).toEqual([]);
    },
  );

  it('with an edited payload: checked, sealed, and what runs', async () => {
    const { world, retry, record } = await withJob({ status: 'failed', type: 'greet' }, { name: 5 });
    expect((await retry({ payload: { name: 'Ada' } })).status).toBe(200);
    const seen: unknown[] = [];
    await worker(world, async (payload) => void seen.push(payload)).invoke('normal');
    expect(seen).toEqual([{ name: 'Ada' }]);
    expect(record().status).toBe('completed');
  });

  it.each([
    ['against its schema', { payload: { name: 5 } }, 'invalid_payload', '/payload/name'],
    ['with another field', { payload: { name: 'x' }, priority: 3 }, 'invalid_request', '/priority'],
  ])('with a body %s is refused, and changes nothing', async (_, body, code, path) => {
    const { job, retry, record } = await withJob({ status: 'failed', type: 'greet' });
    expect(await retry(body)).toMatchObject({ code, body: { details: [{ path }] } });
    expect(record()).toEqual(job);
  });

  it('with a payload over the limit: 413', async () => {
    const { retry } = await withJob({ status: 'failed' });
    expect((await retry({ payload: 'x'.repeat(1024 * 1024) })).code).toBe('payload_too_large');
  });

  it('with an edited payload of a type that is gone: 422', async () => {
    const { retry } = await withJob({ status: 'failed', type: 'gone' });
    expect((await retry({ payload: 1 })).code).toBe('unknown_type');
  });

  it('of a job whose payload is gone: 410, unless it brings another', async () => {
    const payload = { v: 1, at: 'item', where: 'payload#x', bytes: 1, hash: new Uint8Array(32) } as const;
    const { world, job, retry, record } = await withJob({ status: 'failed' });
    world.store.put({ ...job, payload });
    expect((await retry()).code).toBe('payload_expired');
    expect(record().status).toBe('failed');
    expect((await retry({ payload: 'new' })).status).toBe(200);
  });

  it.each(['refused', 'throwing'])(
    'whose pointer is not taken (%s) stands: release sends it',
    async (how) => {
      const { world, retry, record } = await withJob({ status: 'failed' });
      if (how === 'refused') world.lanes.refuse(1);
      else world.faults.throwBefore('deliver');
      expect((await retry()).status).toBe(200);
      expect(record()).toMatchObject({ status: 'pending', attentionAt: start + 60_000 });
    },
  );

  it('of two at once one wins, and there is one pointer', async () => {
    const { world, retry } = await withJob({ status: 'failed' });
    const answers = await Promise.all([retry({ payload: 'mine' }), retry({ payload: 'yours' })]);
    expect(answers.map((each) => each.status ?? each.code).sort()).toEqual([200, 'invalid_transition']);
    expect(world.lanes.waiting('normal')).toHaveLength(1);
  });

  it('throttled: 503, nothing happened', async () => {
    const { world, job, retry, record } = await withJob({ status: 'failed' });
    world.store.throttle(1);
    expect(await retry()).toMatchObject({ code: 'unavailable', body: { retryAfterSeconds: 1 } });
    expect(record()).toEqual(job);
  });

  it.each([undefined, { payload: 'edited' }])(
    'whose answer was lost is its own: 200, and a pointer',
    async (body) => {
      const { world, retry } = await withJob({ status: 'failed' });
      world.faults.sendTwice('change');
      expect(await retry(body)).toMatchObject({ status: 200, body: { status: 'pending' } });
      expect(world.lanes.waiting('normal')).toHaveLength(1);
    },
  );
});

describe('cancel', () => {
  it.each(['pending', 'scheduled', 'retrying'] as const)('%s → cancelled, its entry gone', async (status) => {
    const { job, cancel, record } = await withJob({
      status,
      attention: 'due#01',
      attentionAt: start,
      gate: 'tenant',
    });
    expect(await cancel()).toMatchObject({ status: 200, body: { id: job.sk, status: 'cancelled' } });
    expect(record()).toMatchObject({ status: 'cancelled', finishedAt: start, expiresAt: 1_797_933_600 });
    for (const gone of ['owner', 'gate', 'attention', 'attentionAt'])
      expect(record()).not.toHaveProperty(gone);
  });

  it('running → 202, asked of its holder; a second time changes nothing', async () => {
    const { world, job, cancel, record } = await withJob({ status: 'running' });
    const asked = { status: 'running', cancel_requested_at: '2026-11-22T10:00:00.000Z' };
    expect(await cancel()).toMatchObject({ status: 202, body: asked });
    expect(record()).toEqual({ ...job, cancelRequestedAt: start });
    await world.clock.advance(3_000);
    expect(await cancel()).toMatchObject({ status: 202, body: asked });
    expect(record()).toEqual({ ...job, cancelRequestedAt: start });
  });

  it.each(['completed', 'failed', 'cancelled'] as const)('%s → 409, nothing changed', async (status) => {
    const { job, cancel, record } = await withJob({ status });
    expect(await cancel()).toMatchObject({
      code: 'invalid_transition',
      body: {
        error: `the job is ${status}; only a job that is waiting_dependencies, scheduled, pending, retrying or running can be cancelled`,
      },
    });
    expect(record()).toEqual(job);
  });

  it.each([
    ['claimed: its holder is asked', { status: 'running', fence: 1 }, 202, 'running', start],
    ['handed back: cancelled at once', { status: 'retrying', fence: 1 }, 200, 'cancelled', undefined],
    ['completed: 409', { status: 'completed' }, undefined, 'completed', undefined],
  ] as const)('between the read and the write %s', async (_, fields, status, after, askedAt) => {
    const { world, job, cancel, record } = await withJob();
    const { change } = world.store;
    let calls = 0;
    world.store.change = (changes) => {
      if (calls++ === 0) world.store.put({ ...job, ...fields });
      return change(changes);
    };
    const answer = await cancel();
    expect([answer.status, answer.code]).toEqual([
      status,
      status === undefined ? 'invalid_transition' : undefined,
    ]);
    expect(record()).toMatchObject({ status: after });
    expect(record().cancelRequestedAt).toBe(askedAt);
  });

  it('a job that moves on every time: 503, and not for ever', async () => {
    const { world, job, cancel } = await withJob();
    const { change } = world.store;
    let fence = 0;
    world.store.change = (changes) => {
      fence++;
      world.store.put({ ...job, fence });
      return change(changes);
    };
    expect((await cancel()).code).toBe('unavailable');
    expect(fence).toBe(5);
  });

  it('its pointer finds it and is dropped', async () => {
    const { world, job, cancel, record } = await withJob();
    world.point('normal', job);
    await cancel();
    const started: string[] = [];
    await worker(world, async () => void started.push('started')).invoke('normal');
    expect(started).toEqual([]);
    expect(record().status).toBe('cancelled');
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('with a body is refused', async () => {
    const { cancel } = await withJob();
    expect((await cancel('{}')).code).toBe('invalid_request');
  });

  it('throttled: 503, nothing happened', async () => {
    const { world, cancel, record } = await withJob();
    world.store.throttle(1);
    expect((await cancel()).code).toBe('unavailable');
    expect(record().status).toBe('pending');
  });

  it('whose answer was lost is its own: 200', async () => {
    const { world, cancel } = await withJob();
    world.faults.sendTwice('change');
    expect(await cancel()).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  });
});

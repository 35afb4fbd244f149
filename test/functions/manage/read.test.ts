import { describe, expect, it } from 'vitest';
import { PermanentError } from '../../../core/errors.ts';
import { Unopenable } from '../../../functions/keys.ts';
import { aJob, aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { manager, told } from '../../support/requests.ts';
import { worker } from '../../support/worker.ts';
import { aWorld, type World } from '../../support/world.ts';

/** A job that has run, by this handler. */
async function ran(world: World, handler: () => unknown = () => 'done', payload: unknown = { n: 1 }) {
  const job = await world.job(payload);
  world.point('normal', job);
  await worker(world, async () => handler()).invoke('normal');
  return { id: job.sk };
}

describe('one job', () => {
  it('is its metadata, with an ETag', async () => {
    const world = aWorld();
    const { sk } = await world.job('private', { tags: ['a'], status: 'retrying' });
    const answer = await manager(world).call('getJob', { id: sk });
    expect(answer).toMatchObject({
      status: 200,
      headers: { ETag: expect.stringMatching(/^"[\w-]{22}"$/) },
      body: {
        id: sk,
        tenant: 'acme',
        status: 'retrying',
        attempt: 1,
        max_attempts: 5,
        created_at: '2026-11-22T10:00:00.000Z',
        available_at: '2026-11-22T10:00:30.000Z',
        last_error: { code: 'network', cause: 'transient_error', attempt: 1, at: '2026-11-22T10:00:00.000Z' },
      },
    });
    expect(JSON.stringify(answer)).not.toContain('private');
  });

  it('unchanged: 304 for its ETag, in a list, weak, or any; 200 for another', async () => {
    const world = aWorld();
    const { sk: id } = await world.job();
    const { call } = manager(world);
    const first = await call('getJob', { id });
    const etag = ('headers' in first && first.headers?.ETag) || '';
    for (const ifNoneMatch of [etag, `W/${etag}`, `"other", ${etag}`, '*'])
      expect(await call('getJob', { id, ifNoneMatch }), ifNoneMatch).toEqual({
        status: 304,
        headers: { ETag: etag },
      });
    expect(told(await call('getJob', { id, ifNoneMatch: '"other"' })).status).toBe(200);
  });

  it('changed: another ETag', async () => {
    const world = aWorld();
    const job = await world.job();
    const { call } = manager(world);
    const before = await call('getJob', { id: job.sk });
    world.store.put({ ...job, priority: 5 });
    const after = await call('getJob', { id: job.sk });
    expect('headers' in before && before.headers).not.toEqual('headers' in after && after.headers);
  });

  it.each(['getJob', 'getPayload', 'getResult', 'getErrors', 'getEffects', 'retryJob', 'cancelJob'] as const)(
    'unknown, void or another tenant’s: %s says 404, and all three the same',
    async (route) => {
      const world = aWorld();
      const others = await world.job(1, { tenant: 'globex' });
      world.store.put(
        aJob({ status: 'void' as never, sk: '01a202b2-c500-7000-8000-0000ffffff01', pk: 'acme#1' }),
      );
      const { call } = manager(world);
      for (const id of [aJobId(), others.sk, '01a202b2-c500-7000-8000-0000ffffff01', 'no id at all'])
        expect(told(await call(route, { id })), id).toEqual({
          code: 'not_found',
          body: { code: 'not_found', error: `tenant "acme" has no job "${id}"` },
        });
    },
  );
});

describe('a payload', () => {
  it('is opened for the reader', async () => {
    const world = aWorld();
    const { sk: id } = await world.job({ deep: [1, 'ü'] });
    expect(told(await manager(world).call('getPayload', { id }))).toEqual({
      status: 200,
      body: { payload: { deep: [1, 'ü'] } },
    });
  });

  it('that is gone: 410', async () => {
    const world = aWorld();
    const job = await world.job();
    world.store.put({
      ...job,
      payload: { v: 1, at: 's3', where: 'sealed/acme/x', bytes: 1, hash: new Uint8Array(32) },
    });
    expect(told(await manager(world).call('getPayload', { id: job.sk })).code).toBe('payload_expired');
  });

  it('that does not open with its key is told apart from a fault of TaskQ', async () => {
    const world = aWorld();
    const [job, other] = [await world.job(), await world.job()];
    world.store.put({ ...job, payload: other.payload });
    await expect(manager(world).call('getPayload', { id: job.sk })).rejects.toBeInstanceOf(Unopenable);
  });
});

describe('a result', () => {
  it('of a completed job is opened', async () => {
    const world = aWorld();
    const { id } = await ran(world, () => ({ rows: 3 }));
    expect(told(await manager(world).call('getResult', { id }))).toEqual({
      status: 200,
      body: { status: 'completed', result: { rows: 3 } },
    });
  });

  it('of a job that was claimed before is that of its last attempt', async () => {
    const world = aWorld();
    const job = await world.job(1, { status: 'retrying', fence: 3, availableAt: start });
    world.point('normal', job);
    await worker(world, async () => 'at last').invoke('normal');
    expect(told(await manager(world).call('getResult', { id: job.sk })).body).toEqual({
      status: 'completed',
      result: 'at last',
    });
  });

  it('of a job that waits: 202 at once without wait', async () => {
    const world = aWorld();
    const { sk: id } = await world.job();
    const { call } = manager(world);
    for (const query of [{}, { wait: ['0'] }] as Record<string, string[]>[])
      expect(await call('getResult', { id, query })).toEqual({ status: 202, body: { status: 'pending' } });
  });

  it.each(['failed', 'cancelled'] as const)('of a %s job: 409, no result', async (status) => {
    const world = aWorld();
    const { sk: id } = await world.job(1, { status });
    expect(told(await manager(world).call('getResult', { id })).code).toBe('no_result');
  });

  it('with wait: the answer comes when the job is final, not before and not at the end', async () => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    const answers: unknown[] = [];
    const asked = manager(world)
      .call('getResult', { id: job.sk, query: { wait: ['20'] } })
      .then((answer) => answers.push(answer));
    await world.clock.advance(7_000);
    expect(answers).toEqual([]);
    await worker(world, async () => 'done').invoke('normal');
    await world.clock.advance(500);
    await asked;
    expect(answers).toEqual([{ status: 200, body: { status: 'completed', result: 'done' } }]);
  });

  it('with wait: 202 when the time is over, after 20 s and no more than twice a second', async () => {
    const world = aWorld();
    const { sk: id } = await world.job();
    const answers: unknown[] = [];
    const asked = manager(world)
      .call('getResult', { id, query: { wait: ['20'] } })
      .then((answer) => answers.push(answer));
    await world.clock.advance(19_999);
    expect(answers).toEqual([]);
    await world.clock.advance(1);
    await asked;
    expect(answers).toEqual([{ status: 202, body: { status: 'pending' } }]);
    expect(world.faults.calls.length).toBeLessThan(50);
  });

  it.each([
    ['wait', ['21']],
    ['wait', ['soon']],
    ['wait', ['1', '2']],
    ['until', ['1']],
  ])('query %s=%s is refused by name', async (name, values) => {
    const world = aWorld();
    const { sk: id } = await world.job();
    expect(told(await manager(world).call('getResult', { id, query: { [name]: values } }))).toMatchObject({
      code: 'invalid_request',
      body: { details: [{ path: name }] },
    });
  });

  it('that is gone: 410', async () => {
    const world = aWorld();
    const { id } = await ran(world, () =>
      'x'
        .repeat(700)
        .split('')
        .map((_, index) => (index * 7919) % 10_007),
    );
    for (const name of world.sealed.names()) world.sealed.remove(name);
    expect(told(await manager(world).call('getResult', { id })).code).toBe('payload_expired');
  });

  it('that is not the one the record names is not shown', async () => {
    const world = aWorld();
    const { id } = await ran(world, () =>
      'x'
        .repeat(700)
        .split('')
        .map((_, index) => (index * 7919) % 10_007),
    );
    const [name = ''] = world.sealed.names();
    const [jobId = '', item = ''] = name.split('/');
    const [sealed] = await world.sealed.getItems([{ jobId, name: item }]);
    await world.sealed.putItems([{ jobId, name: item, sealed: { ...sealed!, data: new Uint8Array(700) } }]);
    await expect(manager(world).call('getResult', { id })).rejects.toThrow('is not what the record names');
  });
});

it('errors of every attempt, opened; none is an empty list', async () => {
  const world = aWorld();
  const { call } = manager(world);
  const calm = await ran(world);
  expect(told(await call('getErrors', { id: calm.id })).body).toEqual({ errors: [] });
  const { id } = await ran(world, () => {
    throw new Error('boom');
  });
  expect(told(await call('getErrors', { id })).body).toMatchObject({
    errors: [{ code: 'unknown', cause: 'transient_error', message: 'boom', attempt: 1, run: 1 }],
  });
});

it('errors of two lives of a job: attempts count from 1 again, runs go on', async () => {
  const world = aWorld();
  const refuse = () => {
    throw new PermanentError('no');
  };
  const { id } = await ran(world, refuse);
  const { call } = manager(world);
  await call('retryJob', { id });
  await worker(world, refuse).invoke('normal');
  const { errors } = told(await call('getErrors', { id })).body as { errors: Record<string, unknown>[] };
  expect(errors.map(({ attempt, run }) => [attempt, run])).toEqual([
    [1, 1],
    [1, 2],
  ]);
});

it('health, the OpenAPI document, and nothing that is enqueue’s', async () => {
  const { call } = manager(aWorld());
  expect(await call('getHealth')).toEqual({ status: 200, body: { status: 'ok', version: '2.0.0' } });
  expect(await call('getOpenapi')).toEqual({ status: 200, body: { openapi: '3.1.0' } });
  await expect(call('enqueueJob')).rejects.toThrow('route enqueueJob is wired to manage');
});

it('times of a job that has run', async () => {
  const world = aWorld();
  const { id } = await ran(world);
  expect(told(await manager(world).call('getJob', { id })).body).toMatchObject({
    started_at: '2026-11-22T10:00:00.000Z',
    finished_at: '2026-11-22T10:00:00.000Z',
  });
  expect(world.store.peek(id)?.finishedAt).toBe(start);
});

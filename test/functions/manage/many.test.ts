import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../functions/lanes.ts';
import { aJob, aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { manager, told } from '../../support/requests.ts';
import { aWorld } from '../../support/world.ts';
import { failedJobs } from '../operate/an-operation.ts';

const alike = '57d20ae1b6927b3b';

function asking() {
  const world = aWorld();
  const delivered: Delivery[] = [];
  // The lanes of these tests are those of queue `default`.
  world.lanes.deliver = async (deliveries) => {
    delivered.push(...deliveries);
    return deliveries.map(() => true);
  };
  const { call } = manager(world);
  const post = (route: 'retryMany' | 'cancelMany') => async (body: unknown, idempotencyKey?: string) =>
    told(
      await call(route, {
        body: JSON.stringify(body),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      }),
    );
  const operations = () => world.store.all().filter(({ type }) => type.startsWith('taskq.'));
  return { world, delivered, retry: post('retryMany'), cancel: post('cancelMany'), operations };
}

describe('many jobs at once', () => {
  it.each([
    [
      'retry',
      'taskq.retry',
      { fingerprint: alike, patch: { secret: 'x' }, canary: { percent: 5, max_failure_rate: 0.1 } },
    ],
    ['cancel', 'taskq.cancel', { type: 'echo', tags: ['import'] }],
  ] as const)('%s: 202 and the job that does it, what was asked sealed', async (verb, type, body) => {
    const { world, delivered, operations, ...post } = asking();
    const answer = await post[verb](body);
    expect(answer).toMatchObject({
      status: 202,
      body: {
        type,
        queue: 'taskq',
        tenant: 'acme',
        status: 'pending',
        max_attempts: 10,
        timeout_seconds: 60,
      },
    });
    const [record] = operations();
    expect(JSON.stringify(record)).not.toContain('secret');
    expect(
      await world.vault.open(record!.payload, { tenant: 'acme', jobId: record!.sk, field: 'payload' }),
    ).toEqual(body);
    const pointer = { tenant: 'acme', jobId: record!.sk };
    expect(delivered).toEqual([{ queue: 'taskq', lane: 'normal', pointer, delaySeconds: 0 }]);
  });

  it('a repeated Idempotency-Key is the same job; another body under it a conflict', async () => {
    const { world, retry, operations } = asking();
    const first = await retry({ fingerprint: alike }, 'k1');
    await world.clock.advance(1);
    const again = await retry({ fingerprint: alike }, 'k1');
    expect([first.status, again.status]).toEqual([202, 200]);
    expect(again.body.id).toBe(first.body.id);
    expect(operations()).toHaveLength(1);
    expect((await retry({ type: 'echo' }, 'k1')).code).toBe('idempotency_conflict');
  });

  it('a dry run counts and does nothing', async () => {
    const { world, retry, cancel, operations } = asking();
    await failedJobs(world, 3, { fingerprint: alike });
    await failedJobs(world, 2);
    world.store.put(
      aJob({ sk: aJobId({ at: start - 1 }) }),
      aJob({ status: 'running', sk: aJobId({ at: start - 1 }) }),
    );
    expect(await retry({ fingerprint: alike, dry_run: true })).toMatchObject({
      status: 200,
      body: { matched: 3, more: false, in_workflow: 0 },
    });
    expect(await retry({ status: 'failed', dry_run: true })).toMatchObject({ body: { matched: 5 } });
    expect(await cancel({ type: 'echo', dry_run: true })).toMatchObject({
      body: { matched: 2, more: false },
    });
    expect(operations()).toEqual([]);
  });

  it('a dry run tries the patch on the first of them: what does not fit is named, and where', async () => {
    const { world, retry, operations } = asking();
    const fields = { type: 'greet', sk: '' };
    const inShard = (shard: number) => ({ ...fields, sk: aJobId({ at: start - 7_200_000, shard }) });
    const [misfit] = await failedJobs(world, 1, inShard(0), { name: 'Ada', extra: 1 });
    const [part] = await failedJobs(world, 1, { ...inShard(1), workflow: `${aJobId()}#0#0` }, {});
    const [gone] = await failedJobs(world, 1, inShard(2));
    const payload = { v: 1, at: 'item', where: 'payload#x', bytes: 1, hash: new Uint8Array(32) } as const;
    world.store.put({ ...gone!, payload });
    for (let count = 0; count < 20; count++) await failedJobs(world, 1, inShard(5), { name: 'Ada' });
    const before = world.store.all();
    expect(await retry({ type: 'greet', patch: { name: 'Bob' }, dry_run: true })).toMatchObject({
      status: 200,
      body: {
        matched: 23,
        more: false,
        in_workflow: 1,
        patch: {
          tried: 10,
          misfits: [
            {
              job_id: misfit!.sk,
              reason: 'invalid_payload',
              details: [{ path: '/payload/extra', message: 'unknown field' }],
            },
            { job_id: part!.sk, reason: 'in_workflow' },
            { job_id: gone!.sk, reason: 'payload_expired' },
          ],
        },
      },
    });
    expect(operations()).toEqual([]);
    expect(world.store.all()).toEqual(before);
  });

  it('a dry run that has looked at 10,000 jobs says that there may be more', async () => {
    const { world, retry } = asking();
    const [job] = await failedJobs(world, 1, { fingerprint: alike });
    world.store.failed = async ({ limit }) =>
      Array.from({ length: limit }, () => ({ ...job!, attentionAt: start - 1 }));
    expect(await retry({ fingerprint: alike, dry_run: true })).toMatchObject({
      body: { matched: 10_000, more: true },
    });
  });

  it.each([
    ['nothing', {}, ''],
    ['a dry run of nothing', { dry_run: true }, ''],
    ['a patch of nothing', { patch: { a: 1 } }, ''],
    ['no tag', { tags: [] }, '/tags'],
    ['a state that is not for it', { status: 'running' }, '/status'],
    ['a broken fingerprint', { fingerprint: 'abc' }, '/fingerprint'],
    ['a patch that is no object', { type: 'echo', patch: [1] }, '/patch'],
    ['a canary of all', { type: 'echo', canary: { percent: 51, max_failure_rate: 0 } }, '/canary/percent'],
    ['a canary without its bound', { type: 'echo', canary: { percent: 5 } }, '/canary/max_failure_rate'],
    ['an unknown field', { type: 'echo', tag: 'x' }, '/tag'],
  ])('retry of %s is refused', async (_, body, path) => {
    const { retry, operations } = asking();
    expect(await retry(body)).toMatchObject({ code: 'invalid_request', body: { details: [{ path }] } });
    expect(operations()).toEqual([]);
  });

  it.each([
    ['nothing', {}, ''],
    ['final jobs', { status: 'failed' }, '/status'],
    ['a fingerprint', { type: 'echo', fingerprint: alike }, '/fingerprint'],
    ['a patch', { type: 'echo', patch: {} }, '/patch'],
  ])('cancel of %s is refused', async (_, body, path) => {
    const { cancel, operations } = asking();
    expect(await cancel(body)).toMatchObject({ code: 'invalid_request', body: { details: [{ path }] } });
    expect(operations()).toEqual([]);
  });
});

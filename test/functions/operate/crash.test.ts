import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { failedJobs, hourMs, operating, recordsOf } from './an-operation.ts';

const counted = { matched: 14, retried: 12, skipped: 2, reasons: { payload_expired: 2 } };
const asked = { status: 'failed' } as const;

/** 12 jobs that can be retried and 2 that cannot, in two shards. */
async function manyFailed() {
  const operation = operating();
  const inShard = (shard: number, count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const [job] = await failedJobs(operation.world, 1, { sk: aJobId({ at: start - hourMs, shard }) });
        return job as JobRecord;
      }),
    );
  const jobs = [...(await inShard(1, 8)), ...(await inShard(5, 4))];
  const payload = { v: 1, at: 'item', where: 'payload#x', bytes: 1, hash: new Uint8Array(32) } as const;
  const gone = [...(await inShard(1, 1)), ...(await inShard(5, 1))];
  operation.world.store.put(...gone.map((each) => ({ ...each, payload })));
  return { ...operation, jobs, misfits: recordsOf(operation.world, gone) };
}

describe('an operation that dies', () => {
  it('at any moment is gone on with: every job retried once and counted once', async () => {
    const calm = await manyFailed();
    await calm.retry(asked);
    const moments = calm.world.faults.moments();
    expect(moments).toBeGreaterThanOrEqual(50);

    for (let moment = 1; moment <= moments; moment++) {
      const { world, jobs, misfits, operationId, startOnce, retry } = await manyFailed();
      const reopened = new Map<string, number>();
      const { change } = world.store;
      world.store.change = async (changes) => {
        const before = new Map(world.store.all().map((each) => [each.sk, each.status]));
        try {
          return await change(changes);
        } finally {
          for (const { sk, status } of world.store.all())
            if (status === 'pending' && before.get(sk) === 'failed')
              reopened.set(sk, (reopened.get(sk) ?? 0) + 1);
        }
      };
      const id = operationId();
      world.faults.crashAt(moment);
      // A pointer that cannot be sent is no reason to end: the death shows at the next call, if there is one.
      await startOnce('taskq.retry', asked, id).catch(() => {});
      world.faults.restart();
      expect(await retry(asked, undefined, id), `moment ${moment}`).toMatchObject(counted);
      expect([...new Set(reopened.values())], `moment ${moment}`).toEqual([1]);
      expect(recordsOf(world, jobs).every(({ status }) => status === 'pending')).toBe(true);
      expect(recordsOf(world, misfits)).toEqual(misfits);
    }
  }, 30_000);

  it('is not gone on with by two: who saves late ends, and settles nothing', async () => {
    const { world, operationId, startOnce, jobs } = await manyFailed();
    const id = operationId();
    const [one, two] = await Promise.allSettled([
      startOnce('taskq.retry', asked, id),
      startOnce('taskq.retry', asked, id),
    ]);
    const ends = [one, two].map((each) => (each.status === 'rejected' ? each.reason.name : 'result'));
    expect(ends.sort()).toEqual(['LateAttempt', 'result']);
    expect(recordsOf(world, jobs).every(({ status }) => status === 'pending')).toBe(true);
  });
});

describe('an operation that is long', () => {
  it('snoozes after 40 s and goes on, spending nothing', async () => {
    const { world, operationId, startOnce, run } = await manyFailed();
    const { change } = world.store;
    world.store.change = async (changes) => {
      await world.clock.advance(25_000);
      return change(changes);
    };
    const id = operationId();
    expect(await startOnce('taskq.retry', asked, id)).toEqual({ snoozed: 0 });
    expect(await run('taskq.retry', asked, id)).toMatchObject(counted);
  });

  it('ends when it is cancelled: what was retried stays so, the rest stays failed', async () => {
    const { world, operationId, startOnce, jobs } = await manyFailed();
    const controller = new AbortController();
    const { deliver } = world.lanes;
    world.lanes.deliver = (deliveries) => {
      controller.abort(new Error('cancelled'));
      return deliver(deliveries);
    };
    await expect(startOnce('taskq.retry', asked, operationId(), controller)).rejects.toThrow();
    const pending = recordsOf(world, jobs).filter(({ status }) => status === 'pending').length;
    expect(pending).toBeGreaterThan(0);
    expect(pending).toBeLessThan(12);
    expect(world.lanes.waiting('normal')).toHaveLength(pending);
  });
});

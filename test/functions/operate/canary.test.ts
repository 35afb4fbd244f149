import { describe, expect, it } from 'vitest';
import type { RetryMany } from '../../../core/many.ts';
import { start } from '../../support/clock.ts';
import type { World } from '../../support/world.ts';
import { failedJobs, operating, recordsOf } from './an-operation.ts';

const asked = (canary: NonNullable<RetryMany['canary']>): RetryMany => ({ status: 'failed', canary });

/** What workers do to the jobs that wait: the first of them, in the order of their ids, fail. */
function settleWaiting(world: World, failing: number, ends: 'failed' | 'retrying' = 'failed') {
  const now = world.clock.now();
  const waiting = world.store.all().filter((each) => each.status === 'pending');
  for (const [index, each] of waiting.sort((a, b) => (a.sk < b.sk ? -1 : 1)).entries()) {
    const { attention: _, attentionAt: __, ...rest } = each;
    world.store.put(
      index < failing
        ? { ...rest, status: ends, fence: each.fence + 1, finishedAt: now }
        : { ...rest, status: 'completed', fence: each.fence + 1, finishedAt: now },
    );
  }
  return waiting.length;
}

describe('a canary', () => {
  it('that goes well is followed by the rest', async () => {
    const { world, retry, notes } = operating();
    const jobs = await failedJobs(world, 40);
    const first: number[] = [];
    const result = await retry(asked({ percent: 10, max_failure_rate: 0.25 }), async () => {
      if (first.length === 0) first.push(settleWaiting(world, 1));
    });
    expect(first).toEqual([4]);
    expect(result).toEqual({
      ...{ matched: 40, retried: 40, skipped: 0, reasons: {}, examples: [] },
      canary: { jobs: 4, completed: 3, failed: 1, open: 0, failure_rate: 0.25 },
    });
    const statuses = recordsOf(world, jobs).map(({ status }) => status);
    expect(statuses.filter((each) => each === 'pending')).toHaveLength(36);
    expect(notes).toContain('10 % retried 4 of 40, skipped 0, canary: 0 failed, 4 open');
  });

  it('is kept by its ids until it is judged, and by its figures from then on', async () => {
    const { world, checkpoints, startOnce, operationId, notes } = operating();
    await failedJobs(world, 40);
    const id = operationId();
    const canary = asked({ percent: 10, max_failure_rate: 0.25 });
    expect(await startOnce('taskq.retry', canary, id)).toEqual({ snoozed: 5 });
    expect(notes[0]).toMatch(/^0 % \d+ counted, none retried yet$/);
    notes.length = 0;
    expect((await checkpoints.load(id))?.progress.canary?.ids).toHaveLength(4);
    settleWaiting(world, 1);
    expect(await startOnce('taskq.retry', canary, id)).toMatchObject({ result: { canary: { jobs: 4 } } });
    // What the first start told is gone with the second's claim.
    expect(notes[0]).toBe('10 % retried 4 of 40, skipped 0, canary: 0 failed, 4 open');
    expect((await checkpoints.load(id))?.progress.canary).toMatchObject({
      ...{ ids: [], verdict: 'passed', completed: 3, failed: 1, open: 0 },
    });
  });

  it('that fails too often stops it: the rest stays failed', async () => {
    const { world, retry } = operating();
    const jobs = await failedJobs(world, 40);
    const result = await retry(asked({ percent: 10, max_failure_rate: 0.25 }), async () => {
      settleWaiting(world, 2);
    });
    expect(result).toEqual({
      ...{ matched: 40, retried: 4, skipped: 0, reasons: {}, examples: [], stopped: 'canary' },
      canary: { jobs: 4, completed: 2, failed: 2, open: 0, failure_rate: 0.5 },
    });
    const untouched = recordsOf(world, jobs).filter(({ fence }) => fence === 1);
    expect(untouched).toHaveLength(36);
    expect(untouched.every(({ status }) => status === 'failed')).toBe(true);
  });

  it('stops as soon as the rate cannot stay low any more', async () => {
    const { world, retry } = operating();
    await failedJobs(world, 4);
    let looks = 0;
    const result = await retry(asked({ percent: 50, max_failure_rate: 0 }), async () => {
      looks++;
      const [one] = world.store.all().filter((each) => each.status === 'pending');
      if (one !== undefined) world.store.put({ ...one, status: 'failed', finishedAt: world.clock.now() });
    });
    expect(looks).toBe(1);
    expect(result).toMatchObject({ stopped: 'canary', canary: { jobs: 2, failed: 1, open: 1 } });
  });

  it('that is not final in its time has failed', async () => {
    const { world, retry } = operating();
    await failedJobs(world, 10);
    const result = await retry(asked({ percent: 10, max_failure_rate: 0.5, wait_seconds: 60 }), async () => {
      settleWaiting(world, 1, 'retrying');
    });
    expect(result).toMatchObject({ retried: 1, stopped: 'canary', canary: { jobs: 1, failed: 0, open: 1 } });
    expect(world.clock.now()).toBe(start + 60_000);
  });

  it('is one job at least, also of one', async () => {
    const { world, retry } = operating();
    await failedJobs(world, 1);
    const result = await retry(asked({ percent: 1, max_failure_rate: 0 }), async () => {
      settleWaiting(world, 0);
    });
    expect(result).toMatchObject({ matched: 1, retried: 1, canary: { jobs: 1, completed: 1 } });
    expect(result).not.toHaveProperty('stopped');
  });

  it('of jobs that cannot be retried says nothing against the rest', async () => {
    const { world, retry } = operating();
    await failedJobs(world, 3, { type: 'unheard.of' });
    const result = await retry({ ...asked({ percent: 10, max_failure_rate: 0 }), patch: { a: 1 } });
    expect(result).toMatchObject({
      ...{ matched: 3, retried: 0, skipped: 3 },
      canary: { jobs: 0, completed: 0, failed: 0, open: 0, failure_rate: 0 },
    });
  });

  it('of a great many is 500 jobs', async () => {
    const { world, startOnce, operationId } = operating();
    await failedJobs(world, 1_100);
    const canary = asked({ percent: 50, max_failure_rate: 0 });
    expect(await startOnce('taskq.retry', canary, operationId())).toEqual({ snoozed: 5 });
    expect(world.store.all().filter(({ status }) => status === 'pending')).toHaveLength(500);
  });
});

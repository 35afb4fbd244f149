import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { tellingStore } from '../../../functions/tell.ts';
import { aJob, aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { operating, recordsOf } from './an-operation.ts';

const earlier = () => ({ sk: aJobId({ at: start - 60_000 }) });

describe('cancel of many', () => {
  it('jobs that wait are cancelled, of those that run the holder is asked, the rest stays', async () => {
    const { world, cancel } = operating();
    const waiting = (['pending', 'scheduled', 'retrying'] as const).map((status) =>
      aJob({ status, ...earlier() }),
    );
    const running = aJob({ status: 'running', ...earlier() });
    const rest = [
      aJob({ status: 'completed', ...earlier() }),
      aJob({ status: 'failed', ...earlier() }),
      aJob({ type: 'greet', ...earlier() }),
      aJob({ tenant: 'other', ...earlier() }),
      aJob({ sk: aJobId({ at: start }) }),
    ];
    world.store.put(...waiting, running, ...rest);
    expect(await cancel({ type: 'echo' })).toEqual({
      ...{ matched: 4, cancelled: 4, skipped: 0, reasons: {}, examples: [] },
    });
    expect(recordsOf(world, waiting).map(({ status }) => status)).toEqual(Array(3).fill('cancelled'));
    expect(world.store.peek(running.sk)).toMatchObject({ status: 'running', cancelRequestedAt: start });
    expect(recordsOf(world, rest)).toEqual(rest);
  });

  it('of one status alone, and of more jobs than a page has', async () => {
    const { world, cancel } = operating();
    const pending = Array.from({ length: 250 }, () => aJob({ sk: aJobId({ at: start - 60_000, shard: 3 }) }));
    const scheduled = aJob({ status: 'scheduled', ...earlier() });
    world.store.put(...pending, scheduled);
    expect(await cancel({ status: 'pending' })).toMatchObject({ matched: 250, cancelled: 250 });
    expect(recordsOf(world, pending).every(({ status }) => status === 'cancelled')).toBe(true);
    expect(world.store.peek(scheduled.sk)).toEqual(scheduled);
  });

  it('not of itself, and of no operation', async () => {
    const { world, cancel } = operating();
    const own = aJob({ type: 'taskq.cancel', status: 'running', ...earlier() });
    world.store.put(own);
    expect(await cancel({ since: '2026-01-01T00:00:00Z' })).toMatchObject({ matched: 0, cancelled: 0 });
    expect(world.store.peek(own.sk)).toEqual(own);
  });

  it('a job that is claimed meanwhile is asked, one that ends meanwhile is skipped', async () => {
    const { world, cancel } = operating();
    const inOneShard = () => aJob({ sk: aJobId({ at: start - 60_000, shard: 3 }) });
    const [claimed, done] = [inOneShard(), inOneShard()];
    world.store.put(claimed, done);
    const { change } = world.store;
    let first = true;
    world.store.change = async (changes) => {
      if (first) {
        world.store.put(
          { ...claimed, status: 'running', fence: 1 },
          { ...done, status: 'completed', fence: 1 },
        );
      }
      first = false;
      return change(changes);
    };
    expect(await cancel({ type: 'echo' })).toMatchObject({
      ...{ matched: 2, cancelled: 1, reasons: { changed: 1 } },
      examples: [{ job_id: done.sk, reason: 'changed' }],
    });
    expect(world.store.peek(claimed.sk)).toMatchObject({ status: 'running', cancelRequestedAt: start });
  });

  it('where those that wait are meant, a job that is claimed meanwhile is left alone', async () => {
    const { world, cancel } = operating();
    const job = aJob(earlier());
    world.store.put(job);
    const { change } = world.store;
    world.store.change = async (changes) => {
      world.store.put({ ...job, status: 'running', fence: 1 });
      return change(changes);
    };
    expect(await cancel({ status: 'pending' })).toMatchObject({
      ...{ matched: 1, cancelled: 0, reasons: { changed: 1 } },
    });
    expect(world.store.peek(job.sk)).not.toHaveProperty('cancelRequestedAt');
  });

  it('a row that was written and answered as throttled is known as its own when it is sent again', async () => {
    const { world, cancel } = operating();
    const inOneShard = () => ({ sk: aJobId({ at: start - 60_000, shard: 3 }) });
    const [waiting, running] = [aJob(inOneShard()), aJob({ status: 'running', ...inOneShard() })];
    world.store.put(waiting, running);
    const { change } = world.store;
    const sent = new Set<string>();
    world.store.change = async (changes) => {
      const results = await change(changes);
      return results.map((each, index) => {
        const { sk } = changes[index]!.key;
        const isFirst = !sent.has(sk);
        sent.add(sk);
        return isFirst ? { applied: false, retry: true } : each;
      });
    };
    const cancelled = cancel({ type: 'echo' });
    await world.clock.advance(10_000);
    expect(await cancelled).toMatchObject({ matched: 2, cancelled: 2, skipped: 0 });
    expect(world.store.peek(waiting.sk)).toMatchObject({ status: 'cancelled', finishedAt: start });
    expect(world.store.peek(running.sk)).toMatchObject({ status: 'running', cancelRequestedAt: start });
  });

  it('a workflow is told of its job, again if it could not be at first, and the job is counted once', async () => {
    const { world, cancel } = operating();
    const job = aJob({ workflow: `${aJobId()}#0#0`, ...earlier() });
    world.store.put(job);
    const told: string[] = [];
    let refusals = 1;
    const tell = async (records: readonly JobRecord[]) => {
      if (refusals-- > 0) throw new Error('the control table throttles');
      told.push(...records.map(({ sk, status }) => `${sk} ${status}`));
    };
    world.store.change = tellingStore({ ...world.store }, tell, () => {}, world.clock.after).change;
    const cancelled = cancel({ type: 'echo' });
    await world.clock.advance(10_000);
    expect(await cancelled).toMatchObject({ matched: 1, cancelled: 1, skipped: 0 });
    expect(told).toEqual([`${job.sk} cancelled`]);
  });

  it('gone on with after an outage: what ended before it could be cancelled is not counted as cancelled', async () => {
    const { world, startOnce, cancel, operationId } = operating();
    const inOneShard = () => aJob({ sk: aJobId({ at: start - 60_000, shard: 3 }) });
    const [done, asked, waiting] = [inOneShard(), inOneShard(), inOneShard()];
    world.store.put(done, asked, waiting);
    const id = operationId();
    world.faults.throwBefore('change');
    expect(await startOnce('taskq.cancel', { type: 'echo' }, id)).toEqual({ snoozed: 10 });
    world.store.put(
      { ...done, status: 'completed', fence: 1 },
      { ...asked, status: 'completed', fence: 1, cancelRequestedAt: start },
    );
    expect(await cancel({ type: 'echo' }, id)).toMatchObject({
      ...{ matched: 3, cancelled: 2, skipped: 1, reasons: { changed: 1 } },
      examples: [{ job_id: done.sk, reason: 'changed' }],
    });
  });

  it('throttled rows are sent again', async () => {
    const { world, cancel } = operating();
    world.store.put(aJob(earlier()), aJob(earlier()));
    world.store.throttle(3);
    const cancelled = cancel({ type: 'echo' });
    await world.clock.advance(10_000);
    expect(await cancelled).toMatchObject({ matched: 2, cancelled: 2 });
  });
});

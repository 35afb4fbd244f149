import { describe, expect, it } from 'vitest';
import { shardOf } from '../../../core/id.ts';
import type { JobRecord } from '../../../core/table.ts';
import { aJob, aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import type { World } from '../../support/world.ts';
import { failedJobs, hourMs, operating, recordsOf } from './an-operation.ts';

const asked = { status: 'failed' } as const;

/** Lets time pass until a promise is settled. */
async function passing<T>(world: World, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const settled = promise.finally(() => {
    isOver = true;
  });
  settled.catch(() => {});
  while (!isOver) await world.clock.advance(500);
  return settled;
}

/** So many failed jobs in a shard. */
async function failedIn(world: World, shard: number, count: number): Promise<JobRecord[]> {
  const jobs: JobRecord[] = [];
  for (let index = 0; index < count; index++)
    jobs.push(...(await failedJobs(world, 1, { sk: aJobId({ at: start - 2 * hourMs, shard }) })));
  return jobs;
}

/** What becomes of each write of a record, by its number from 0. */
function writesOf(world: World, isThrottled: (call: number, row: number) => boolean): string[] {
  const { change } = world.store;
  const applied: string[] = [];
  let calls = 0;
  world.store.change = async (changes) => {
    const call = calls++;
    const wanted = changes.filter((_, row) => !isThrottled(call, row));
    const results = wanted.length === 0 ? [] : await change(wanted);
    for (const [index, { key }] of wanted.entries()) if (results[index]?.applied) applied.push(key.sk);
    return changes.map((each) => results[wanted.indexOf(each)] ?? { applied: false, retry: true });
  };
  return applied;
}

describe('an operation that DynamoDB throttles', () => {
  it('again and again, moves on with each start and spends no attempt: every job once', async () => {
    const { world, startOnce, operationId } = operating();
    const jobs = await failedJobs(world, 700);
    // Of seven calls the first two are answered, the five tries of the next page are not.
    const applied = writesOf(world, (call) => call % 7 >= 2);
    const ends: unknown[] = [];
    const id = operationId();
    while (!ends.some((each) => 'result' in (each as object)) && ends.length < 20) {
      ends.push(await passing(world, startOnce('taskq.retry', asked, id)));
      await world.clock.advance(10_000);
    }
    expect(ends.at(-1)).toMatchObject({ result: { matched: 700, retried: 700, skipped: 0 } });
    expect(ends.slice(0, -1)).toEqual(Array(3).fill({ snoozed: 10 }));
    expect(applied.toSorted()).toEqual(jobs.map(({ sk }) => sk).sort());
    expect(world.lanes.waiting('normal')).toHaveLength(700);
  });

  it('in some rows of a page alone: the others are done and counted, these are begun', async () => {
    const { world, checkpoints, startOnce, retry, operationId } = operating();
    const jobs = await failedIn(world, 3, 50);
    const some = (call: number, row: number) => call < 10 && (call % 5 > 0 || row >= 20);
    const applied = writesOf(world, some);
    const id = operationId();
    expect(await passing(world, startOnce('taskq.retry', asked, id))).toEqual({ snoozed: 10 });
    const progress = (await checkpoints.load(id))?.progress;
    expect(progress).toMatchObject({ phase: 'change', matched: 20, changed: 20 });
    expect(progress?.begun.toSorted()).toEqual(
      jobs
        .map(({ sk }) => sk)
        .filter((each) => !applied.includes(each))
        .sort(),
    );
    // One that only goes on with these comes further too.
    expect(await passing(world, startOnce('taskq.retry', asked, id))).toEqual({ snoozed: 10 });
    expect((await checkpoints.load(id))?.progress).toMatchObject({ matched: 40, changed: 40 });
    expect(await retry(asked, undefined, id)).toMatchObject({ matched: 50, retried: 50 });
  });

  it('and that comes no further at all rejects, which spends an attempt, as TaskQ’s fault and not its own', async () => {
    const { world, startOnce, operationId } = operating();
    await failedIn(world, 3, 4);
    writesOf(world, () => true);
    const id = operationId();
    // It has counted them.
    expect(await passing(world, startOnce('taskq.retry', asked, id))).toEqual({ snoozed: 10 });
    await expect(passing(world, startOnce('taskq.retry', asked, id))).rejects.toMatchObject({
      name: 'TransientError',
      message: 'DynamoDB is throttling',
    });
  });

  it('cancelling, moves on as well', async () => {
    const { world, startOnce, operationId } = operating();
    const jobs = Array.from({ length: 50 }, () => aJob({ sk: aJobId({ at: start - 60_000, shard: 3 }) }));
    world.store.put(...jobs);
    writesOf(world, (call, row) => call < 5 && (call > 0 || row >= 20));
    const id = operationId();
    const go = () => passing(world, startOnce('taskq.cancel', { type: 'echo' }, id));
    expect(await go()).toEqual({ snoozed: 10 });
    expect(recordsOf(world, jobs).filter(({ status }) => status === 'cancelled')).toHaveLength(20);
    expect(await go()).toMatchObject({ result: { matched: 50, cancelled: 50, skipped: 0 } });
  });
});

describe('an operation that AWS does not answer', () => {
  it('keeps what it has done and goes on ten seconds later; who looks after TaskQ is told', async () => {
    const { world, errors, startOnce, retry, operationId } = operating();
    await failedIn(world, 3, 250);
    const { get } = world.store;
    let reads = 0;
    world.store.get = async (keys) => {
      if (keys.length > 0 && ++reads === 2) throw new Error('socket hang up');
      return get(keys);
    };
    const id = operationId();
    expect(await startOnce('taskq.retry', asked, id)).toEqual({ snoozed: 10 });
    expect(world.lanes.waiting('normal')).toHaveLength(100);
    expect(errors).toEqual(['an operation is interrupted: it goes on in 10 s']);
    expect(await retry(asked, undefined, id)).toMatchObject({ matched: 250, retried: 250 });
  });

  it('and that has been ended writes nothing down any more: the next start is at work', async () => {
    const { world, checkpoints, errors, startOnce, operationId } = operating();
    await failedIn(world, 3, 1);
    const controller = new AbortController();
    world.store.change = async () => {
      controller.abort(new Error('its time is over'));
      throw new Error('socket hang up');
    };
    const id = operationId();
    await expect(startOnce('taskq.retry', asked, id, controller)).rejects.toThrow();
    expect([(await checkpoints.load(id))?.revision, errors]).toEqual([1, []]);
  });

  it('in one call of a page: its jobs are known as retried by the next try, and all have pointers', async () => {
    const { world, retry } = operating();
    const jobs = await failedIn(world, 3, 60);
    const { around } = world.faults;
    let calls = 0;
    world.faults.around = async (method, rows, perform) => {
      const answer = await around(method, rows, perform);
      if (method === 'change' && ++calls === 2) throw new Error('socket hang up');
      return answer;
    };
    expect(await passing(world, retry(asked))).toMatchObject({ matched: 60, retried: 60, skipped: 0 });
    const pointers = world.lanes.waiting('normal').map(({ job }) => job);
    expect(pointers.sort()).toEqual(jobs.map(({ sk }) => sk).sort());
  });

  it('from the first call on: the start rejects', async () => {
    const { world, errors, startOnce, operationId } = operating();
    await failedIn(world, 3, 1);
    world.faults.throwBefore('failed');
    await expect(startOnce('taskq.retry', asked, operationId())).rejects.toMatchObject({
      name: 'TransientError',
    });
    expect(errors).toEqual([]);
  });
});

it('shards take turns, a page each: none is written to as fast as the operation can', async () => {
  const { world, retry } = operating();
  await failedIn(world, 1, 250);
  await failedIn(world, 2, 50);
  await failedIn(world, 6, 150);
  const { change } = world.store;
  const pages: number[] = [];
  world.store.change = async (changes) => {
    pages.push(shardOf(changes[0]?.key.sk ?? ''));
    return change(changes);
  };
  expect(await retry(asked)).toMatchObject({ matched: 450, retried: 450 });
  expect(pages).toEqual([1, 2, 6, 1, 6, 1]);
});

import { describe, expect, it } from 'vitest';
import type { JobContext } from '../../../core/define.ts';
import { PermanentError, TransientError } from '../../../core/errors.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';
import { runOnce } from './run-once.ts';

describe('a handler that throws', () => {
  it('something unknown: tried again in 30 s, and what it threw is kept', async () => {
    const { record, world, errors, counts, logs } = await runOnce(() => {
      throw new Error('no idea');
    });
    expect(record).toMatchObject({
      status: 'retrying',
      attempt: 1,
      attemptsLeft: 4,
      availableAt: start + 30_000,
      lastError: { code: 'unknown', cause: 'transient_error', attempt: 1, at: start },
    });
    expect(world.lanes.waiting('normal')).toEqual([{ job: record.sk, inSeconds: 30 }]);
    expect(errors).toEqual([
      {
        code: 'unknown',
        cause: 'transient_error',
        message: 'no idea',
        stack: expect.stringContaining('run.test.ts'),
        attempt: 1,
        run: 1,
        at: '2026-11-22T10:00:00.000Z',
      },
    ]);
    expect(counts).toMatchObject({ retried: 1 });
    expect(logs).toEqual([
      {
        message: 'the attempt failed',
        fields: {
          ...{ job_id: record.sk, type: 'echo', attempt: 1, code: 'unknown', cause: 'transient_error' },
          fingerprint: '473ab3fcfe3456b5',
        },
      },
    ]);
  });

  it('what a server asked for is the least it waits', async () => {
    const { record } = await runOnce(async () => {
      throw new TransientError('busy', 'rate_limit', { retryAfterSeconds: 80 });
    });
    expect(record.availableAt).toBe(start + 90_000);
  });

  it('a permanent error: failed at once, no pointer, an entry for a person', async () => {
    const { record, world, counts } = await runOnce(async () => {
      throw new PermanentError('never', 'rejected');
    });
    expect(record).toMatchObject({
      status: 'failed',
      attemptsLeft: 4,
      finishedAt: start,
      lastError: { code: 'rejected', cause: 'permanent_error', attempt: 1, at: start },
      fingerprint: '2989e84e8e18d619',
      attention: `acme#failed#${record.pk.slice(5)}`,
      attentionAt: start,
    });
    expect(world.lanes.waiting('normal')).toEqual([]);
    expect(counts).toMatchObject({ failed: 1 });
  });

  it('with its last attempt: failed', async () => {
    const handler = async () => {
      throw new Error('again');
    };
    const { record } = await runOnce(handler, { attempt: 4, attemptsLeft: 1 });
    expect(record).toMatchObject({ status: 'failed', attempt: 5, attemptsLeft: 0 });
  });

  it.each([
    ['a string', 'just text', 'just text'],
    ['null', null, 'null'],
    ['nothing', undefined, 'undefined'],
  ])('%s: retried, and kept as text', async (_, thrown, message) => {
    const { record, errors } = await runOnce(() => {
      throw thrown;
    });
    expect(record.status).toBe('retrying');
    expect(errors).toMatchObject([{ message, code: 'unknown' }]);
  });

  it('a long message and stack are cut', async () => {
    const { errors } = await runOnce(() => {
      throw new Error('m'.repeat(10_000));
    });
    expect(errors[0]).toMatchObject({ message: 'm'.repeat(2_000) });
    expect(JSON.stringify(errors[0]).length).toBeLessThan(6_500);
  });
});

describe('a handler out of time', () => {
  const hangs = () => new Promise(() => {});

  it('is told by its signal, and its attempt is over', async () => {
    const world = aWorld();
    const job = await world.job(1, { timeoutSeconds: 7 });
    world.point('normal', job);
    let signal: AbortSignal | undefined;
    const invoked = worker(world, (async (_payload: unknown, context: JobContext) => {
      signal = context.signal;
      await hangs();
    }) as never).invoke('normal');
    await world.clock.advance(6_999);
    expect(signal?.aborted).toBe(false);
    expect(world.store.peek(job.sk)?.status).toBe('running');
    await world.clock.advance(1);
    expect(signal?.aborted).toBe(true);
    await invoked;
    expect(world.store.peek(job.sk)).toMatchObject({
      status: 'retrying',
      availableAt: start + 7_000 + 120_000,
      lastError: { code: 'timeout', cause: 'timeout' },
    });
    expect(await world.vault.listErrors('acme', job.sk)).toMatchObject([
      { message: 'the handler did not end within 7 s' },
    ]);
  });

  it('that ends all the same later changes nothing any more', async () => {
    const world = aWorld();
    const job = await world.job(1, { timeoutSeconds: 7 });
    world.point('normal', job);
    const invoked = worker(world, async () => {
      await world.clock.sleep(9_000);
      return 'too late';
    }).invoke('normal');
    await world.clock.advance(7_000);
    await invoked;
    const settled = world.store.peek(job.sk);
    await world.clock.advance(5_000);
    expect(world.store.peek(job.sk)).toEqual(settled);
  });

  it('leaves no timer behind when it ends in time', async () => {
    const pending = new Set<number>();
    const { record } = await runOnce(
      async () => 1,
      {},
      {
        after: (ms) => {
          pending.add(ms);
          return () => pending.delete(ms);
        },
      },
    );
    expect(record.status).toBe('completed');
    expect([...pending]).toEqual([]);
  });

  it('that would outlive the lease is not started', async () => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    const started: string[] = [];
    const { invoke, logs } = worker(world, async () => void started.push('started'), {
      handlerOf: async () => {
        await world.clock.advance(30_001);
        return async () => void started.push('started');
      },
    });
    await invoke('normal', 900_000);
    expect(started).toEqual([]);
    expect(world.store.peek(job.sk)).toMatchObject({ status: 'pending', attempt: 0, attemptsLeft: 5 });
    expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 0 }]);
    expect(logs).toEqual([
      {
        message: 'no time was left to start a job: it is handed back',
        fields: { job_id: job.sk, type: 'echo' },
      },
    ]);
  });

  it('trusts the clock that never jumps, not the wall', async () => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    let passedMs = 0;
    const { invoke } = worker(world, async () => 1, {
      monotonic: () => passedMs,
      handlerOf: async () => {
        passedMs = 30_001;
        return async () => 1;
      },
    });
    await invoke('normal', 900_000);
    expect(world.store.peek(job.sk)?.status).toBe('pending');
  });
});

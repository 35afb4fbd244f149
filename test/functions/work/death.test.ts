import { expect, it } from 'vitest';
import type { Death } from '../../../core/death.ts';
import type { JobRecord } from '../../../core/table.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

/** A job whose lease is over, met in quarantine by a worker that learns this of its death. */
async function taken(
  death: Death,
  fields: { attempt?: number; attemptsLeft?: number; shared?: number } = {},
) {
  const world = aWorld();
  const lost = { status: 'running' as const, availableAt: start, attempt: 2, attemptsLeft: 3, fence: 2 };
  const job = await world.job('a payload', { ...lost, ...fields });
  world.point('quarantine', job);
  const asked: string[] = [];
  const working = worker(world, async () => 1, {
    findDeath: async ({ sk, owner }) => {
      asked.push(`${sk} ${owner}`);
      return death;
    },
  });
  const answer = await working.invoke('quarantine');
  const errors = await world.vault.listErrors('acme', job.sk);
  return { ...working, world, job, answer, asked, errors, record: world.store.peek(job.sk) as JobRecord };
}

const out: Death = { cause: 'out_of_memory', requestId: 'r-1', logStream: 's-1' };

it('a job that is taken over keeps how its last process died', async () => {
  const { asked, job, record, errors, counts } = await taken(out);
  expect(asked).toEqual([`${job.sk} another-owner`]);
  expect(record).toMatchObject({
    status: 'completed',
    fence: 3,
    lastError: { ...out, code: 'out_of_memory', attempt: 2, at: start },
  });
  expect(errors).toEqual([
    {
      code: 'out_of_memory',
      cause: 'out_of_memory',
      message: 'the process ran out of memory',
      attempt: 2,
      run: 2,
      at: '2026-11-22T10:00:00.000Z',
      request_id: 'r-1',
      log_stream: 's-1',
    },
  ]);
  expect(counts).toEqual({ unreadable: 0, leasesLost: 1, outOfMemory: 1, completed: 1 });
});

it('a job without an attempt left has failed of it', async () => {
  const { record, errors, counts } = await taken(
    { cause: 'timeout', requestId: 'r-1' },
    { attempt: 5, attemptsLeft: 0, shared: 1 },
  );
  expect(record).toMatchObject({
    status: 'failed',
    lastError: { code: 'timeout', cause: 'timeout', attempt: 5, requestId: 'r-1' },
  });
  expect(errors).toMatchObject([{ message: 'the process was ended at its timeout', attempt: 5 }]);
  expect(counts).toEqual({ unreadable: 0, failed: 1, leasesLost: 1, timedOut: 1 });
});

it('in company, the cause is the process’s', async () => {
  const { record, errors } = await taken(out, { shared: 10 });
  expect(record.lastError?.shared).toBe(10);
  expect(errors).toMatchObject([{ message: expect.stringContaining('it ran 10 jobs') }]);
});

it('what cannot be kept of a death hinders nothing', async () => {
  const world = aWorld();
  const job = await world.job(1, { status: 'running', availableAt: start });
  world.point('quarantine', job);
  world.faults.throwBefore('putItems');
  const { invoke, errors } = worker(world, async () => 1);
  await invoke('quarantine');
  expect(world.store.peek(job.sk)?.status).toBe('completed');
  expect(errors).toEqual(['how a process died could not be kept']);
});

it('what takes long to be kept of a death is not waited for longer than 2 s', async () => {
  const world = aWorld();
  const job = await world.job(1, { status: 'running', availableAt: start });
  world.point('quarantine', job);
  const began: number[] = [];
  const vault = { ...world.vault, putError: () => new Promise<never>(() => {}) };
  const { invoke } = worker(world, async () => void began.push(world.clock.now() - start), { vault });
  const invoked = invoke('quarantine');
  await world.clock.advance(2_000);
  await invoked;
  expect(began).toEqual([2_000]);
  expect(world.store.peek(job.sk)?.status).toBe('completed');
});

it('what lost its process and is not begun in time waits in quarantine again, and not among others', async () => {
  const world = aWorld();
  const lost = { status: 'running' as const, availableAt: start, attempt: 1, attemptsLeft: 3 };
  const job = await world.job(1, lost);
  world.point('quarantine', job);
  const { invoke } = worker(world, undefined, {
    findDeath: async () => {
      await world.clock.sleep(20_000);
      return { cause: 'lease_lost' };
    },
  });
  const invoked = invoke('quarantine');
  await world.clock.advance(20_000);
  await invoked;
  expect(world.store.peek(job.sk)).toMatchObject({ status: 'pending', attempt: 1, attemptsLeft: 3 });
  expect(world.lanes.waiting('normal')).toEqual([]);
  expect(world.lanes.waiting('quarantine')).toEqual([{ job: job.sk, inSeconds: 0 }]);
});

it.each([
  ['failed', { attempt: 5, attemptsLeft: 0 }],
  ['taken over', { attempt: 2, attemptsLeft: 3 }],
])('a cancel asked for while the log is asked of a job that is to be %s ends it', async (_, spent) => {
  const world = aWorld();
  const job = await world.job(1, { status: 'running', availableAt: start, shared: 1, ...spent });
  world.point('quarantine', job);
  const began: unknown[] = [];
  const { invoke } = worker(world, async () => void began.push(1), {
    findDeath: async () => {
      world.store.put({ ...job, cancelRequestedAt: start });
      return { cause: 'lease_lost' };
    },
  });
  await invoke('quarantine');
  await world.clock.advance(1_000);
  await invoke('quarantine');
  expect(world.store.peek(job.sk)?.status).toBe('cancelled');
  expect(began).toEqual([]);
  expect(world.lanes.waiting('quarantine')).toEqual([]);
});

it('nobody asks in the other lanes: quarantine will', async () => {
  const world = aWorld();
  const job = await world.job(1, { status: 'running', availableAt: start });
  world.point('normal', job);
  const asked: string[] = [];
  const { invoke } = worker(world, async () => 1, {
    findDeath: async ({ sk }) => {
      asked.push(sk);
      return { cause: 'lease_lost' };
    },
  });
  await invoke('normal');
  expect(asked).toEqual([]);
});

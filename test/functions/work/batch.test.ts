import { describe, expect, it } from 'vitest';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

const several = (world: ReturnType<typeof aWorld>, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => world.job({ n: index })));

describe('the happy path', () => {
  it('ten jobs: one call claims them, one settles them, nothing is read', async () => {
    const world = aWorld();
    const jobs = await several(world, 10);
    world.point('normal', ...jobs);
    const { invoke, counts, errors } = worker(world);
    expect(await invoke('normal')).toEqual({ batchItemFailures: [] });
    expect(world.faults.calls.filter((each) => !each.includes('Key'))).toEqual(['change 10', 'change 10']);
    expect(jobs.map((each) => world.store.peek(each.sk)?.status)).toEqual(jobs.map(() => 'completed'));
    expect(world.lanes.waiting('normal')).toEqual([]);
    expect(counts).toEqual({ unreadable: 0, completed: 10 });
    expect(errors).toEqual([]);
  });

  it('a finished job: its result sealed, its times, no entry', async () => {
    const world = aWorld();
    const job = await world.job({ name: 'Ada' });
    world.point('normal', job);
    await worker(world, async (payload: { name: string }) => {
      await world.clock.advance(2_000);
      return `hello ${payload.name}`;
    }).invoke('normal');
    const record = world.store.peek(job.sk)!;
    expect(record).toMatchObject({
      status: 'completed',
      fence: 1,
      attempt: 1,
      attemptsLeft: 4,
      owner: 'owner-1',
      message: 'message-1',
      shared: 1,
      startedAt: start,
      finishedAt: start + 2_000,
      expiresAt: 1_797_933_602,
      codeVersion: '2.0.0',
    });
    expect(record).not.toHaveProperty('attention');
    const as = { tenant: 'acme', jobId: job.sk, field: 'result', fence: 1 } as const;
    expect(await world.vault.open(record.result!, as)).toBe('hello Ada');
    await expect(world.vault.open(record.result!, { ...as, fence: 2 })).rejects.toThrow();
  });

  it('the lease is the lane’s, and says how many share the process', async () => {
    const world = aWorld();
    const [job, other] = await several(world, 2);
    world.point('normal', job!, other!);
    const seen: unknown[] = [];
    await worker(world, async () => void seen.push(world.store.peek(job!.sk))).invoke('normal');
    expect(seen[0]).toMatchObject({ status: 'running', availableAt: start + 65_000, shared: 2 });
  });

  it('nothing returned is a result too', async () => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    await worker(world, async () => undefined).invoke('normal');
    const { result } = world.store.peek(job.sk)!;
    const as = { tenant: 'acme', jobId: job.sk, field: 'result', fence: 1 } as const;
    expect(await world.vault.open(result!, as)).toBeNull();
  });
});

describe('where a result lies', () => {
  const noise = (count: number) => Array.from({ length: count }, (_, index) => (index * 7919) % 10_007);

  it.each([
    ['small: in the record', 10, undefined],
    ['medium: an item, written before the record', 300, 'item'],
    ['large: an object, written before the record', 6_000, 's3'],
  ])('%s', async (_, count, at) => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    await worker(world, async () => noise(count)).invoke('normal');
    const { result } = world.store.peek(job.sk)!;
    expect(result).toMatchObject(at === undefined ? { key_id: 'v1' } : { at });
    const as = { tenant: 'acme', jobId: job.sk, field: 'result', fence: 1 } as const;
    expect(await world.vault.open(result!, as)).toEqual(noise(count));
    const wrote = world.faults.calls.filter((each) => /change|put/.test(each));
    const store = { item: ['putItems 1'], s3: ['putObject 1'] };
    expect(wrote).toEqual(['change 1', ...(at === undefined ? [] : store[at as 'item' | 's3']), 'change 1']);
  });

  it('more than 1 MiB of JSON: the job fails for good, and is told why', async () => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    await worker(world, async () => 'x'.repeat(1024 * 1024)).invoke('normal');
    expect(world.store.peek(job.sk)).toMatchObject({
      status: 'failed',
      lastError: { code: 'validation', cause: 'permanent_error' },
    });
    expect(await world.vault.listErrors('acme', job.sk)).toMatchObject([
      { message: expect.stringContaining('1048578 bytes of JSON; at most 1048576 are kept') },
    ]);
  });
});

describe('what is no pointer', () => {
  it('is stored, counted and acknowledged, and the jobs beside it run', async () => {
    const world = aWorld();
    const job = await world.job();
    world.lanes.put('normal', 'no JSON at all');
    world.point('normal', job);
    world.lanes.put('normal', '{"v":1,"tenant":"acme"}');
    const { invoke, counts, unreadable } = worker(world);
    expect(await invoke('normal')).toEqual({ batchItemFailures: [] });
    expect(unreadable).toEqual([
      { messageId: 'message-1', body: 'no JSON at all' },
      { messageId: 'message-3', body: '{"v":1,"tenant":"acme"}' },
    ]);
    expect(counts).toEqual({ unreadable: 2, completed: 1 });
    expect(world.store.peek(job.sk)?.status).toBe('completed');
  });

  it('and cannot be stored, comes back', async () => {
    const world = aWorld();
    world.lanes.put('normal', 'no JSON at all');
    world.faults.throwBefore('storeUnreadable');
    const { invoke, errors } = worker(world);
    expect(await invoke('normal')).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
    expect(errors).toEqual(['an unreadable message could not be stored: it comes back']);
  });
});

describe('near the end of the function', () => {
  it('nothing is claimed when the longest job would not fit: all comes back in 5 s, untouched', async () => {
    const world = aWorld();
    const [job] = await several(world, 1);
    world.point('normal', job!);
    const answer = await worker(world).invoke('normal', 39_999);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
    expect(world.lanes.waiting('normal')).toEqual([{ job: job!.sk, inSeconds: 5 }]);
    expect(world.store.peek(job!.sk)).toEqual(job);
    expect(world.faults.calls).toEqual(['hide 1']);
  });

  it('a claim that is answered after 31 s: its lease counts from the send, and has no room for the job', async () => {
    const world = aWorld();
    const job = await world.job(1, { timeoutSeconds: 30 });
    world.point('normal', job);
    const { change } = world.store;
    const slow: typeof change = async (changes) => {
      const results = await change(changes);
      await world.clock.advance(31_000);
      return results;
    };
    const started: string[] = [];
    const { invoke } = worker(world, async () => void started.push('handler'), {
      store: { ...world.store, change: slow },
    });
    await invoke('normal', 900_000);
    expect(started).toEqual([]);
    expect(world.store.peek(job.sk)).toMatchObject({ status: 'pending', attempt: 0, fence: 1 });
  });

  it('a job claimed too late is handed back unspent, its pointer sent before the old one goes', async () => {
    const world = aWorld();
    const job = await world.job(1, { priority: 7, attempt: 2, attemptsLeft: 3 });
    world.point('high', job);
    const started: string[] = [];
    const { invoke } = worker(world, async () => void started.push('handler'), {
      handlerOf: async () => {
        await world.clock.advance(15_000);
        return async () => void started.push('handler');
      },
    });
    expect(await invoke('high')).toEqual({ batchItemFailures: [] });
    expect(started).toEqual([]);
    expect(world.store.peek(job.sk)).toMatchObject({
      status: 'pending',
      attempt: 2,
      attemptsLeft: 3,
      fence: 1,
      availableAt: start + 15_000,
    });
    expect(world.lanes.waiting('high')).toEqual([{ job: job.sk, inSeconds: 0 }]);
    expect(world.faults.calls.slice(-2)).toEqual(['change 1', 'deliver 1']);
  });
});

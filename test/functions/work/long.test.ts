import { describe, expect, it } from 'vitest';
import type { JobContext } from '../../../core/define.ts';
import type { JobRecord } from '../../../core/table.ts';
import { release } from '../../../functions/release/release.ts';
import { type Renew, renew } from '../../../functions/work/renew.ts';
import { aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

const functionMs = 615_000;

/** All that is left of a process that died: it renews nothing, and believes nothing else. */
const nothing: Renew = () => ({ trustedUntil: () => 1e9, started: () => {}, stop: () => {} });

/** Its entry, as its insert wrote it. */
const watched = { attention: 'due#07', attentionAt: start + 60_000, attentionStep: 0 };

/** A job of 600 s in a long queue, its handler at work; lanes are hidden for 645 s as the stack has it. */
async function running({
  renews = true,
  dies = false,
  fields = {},
}: {
  renews?: boolean;
  dies?: boolean;
  fields?: Pick<Partial<JobRecord>, 'sk' | 'attentionAt' | 'attentionStep'>;
} = {}) {
  const world = aWorld();
  const job = await world.job(1, { ...watched, timeoutSeconds: 600, ...fields });
  world.point('normal', job);
  const given = Promise.withResolvers<JobContext>();
  const done = Promise.withResolvers<unknown>();
  const errors: string[] = [];
  const handler = (async (_: unknown, context: JobContext) => {
    given.resolve(context);
    return await done.promise;
  }) as never;
  const { clock } = world;
  const renewHere = renew({
    ...world,
    ...clock,
    onError: (what) => void errors.push(what),
    ask: (answer) => answer(),
    endProcess: () => void errors.push('ended'),
  });
  const working = worker(world, handler, {
    leaseMs: 30_000,
    longestTimeoutMs: 600_000,
    ...(renews ? { renew: dies ? nothing : renewHere } : {}),
  });
  const invoked = working.invoke('normal', functionMs);
  await clock.advance(0);
  const record = () => world.store.peek(job.sk) as JobRecord;
  const seenIn = () => world.lanes.waiting('normal').map((each) => each.inSeconds);
  const change = (more: Partial<JobRecord>) => world.store.put({ ...record(), ...more });
  return { ...working, world, given, done, invoked, record, seenIn, change, renewErrors: errors };
}

describe('a job of a long queue', () => {
  it('is held for 30 s and its message hidden for 40 s, both from the receipt on', async () => {
    const { record, seenIn } = await running();
    expect(record()).toMatchObject({ status: 'running', availableAt: start + 30_000 });
    expect(seenIn()).toEqual([40]);
  });

  it('runs for minutes, its lease alive all the time, and nobody else sees its message', async () => {
    const { world, done, invoked, record, seenIn, counts, renewErrors } = await running();
    for (let passed = 0; passed < 300_000; passed += 5_000) {
      await world.clock.advance(5_000);
      expect(record().availableAt - world.clock.now()).toBeGreaterThanOrEqual(20_000);
      expect(seenIn()[0]).toBeGreaterThanOrEqual(30);
    }
    done.resolve('after five minutes');
    expect((await invoked).batchItemFailures).toEqual([]);
    expect(record()).toMatchObject({ status: 'completed', fence: 1, attempt: 1 });
    expect(seenIn()).toEqual([]);
    const ended = record();
    await world.clock.advance(120_000);
    expect(record()).toEqual(ended);
    expect(renewErrors).toEqual([]);
    expect(counts).toEqual({ unreadable: 0, completed: 1 });
  });

  it('without renewal would not even be started', async () => {
    const { invoked, record } = await running({ renews: false });
    await invoked;
    expect(record()).toMatchObject({ status: 'pending', attempt: 0 });
  });

  it('hears of a cancel within 10 s', async () => {
    const { world, given, invoked, record, change } = await running();
    const { signal } = await given.promise;
    await world.clock.advance(10_001);
    change({ cancelRequestedAt: start });
    await world.clock.advance(9_999);
    expect(signal.aborted).toBe(true);
    await invoked;
    expect(record().status).toBe('cancelled');
  });

  it('that nobody can renew: its signal aborts 5 s before the lease ends, and it settles nothing', async () => {
    const { world, given, invoked, record, counts } = await running();
    const { signal } = await given.promise;
    world.store.throttle(1_000_000);
    await world.clock.advance(24_999);
    expect(signal.aborted).toBe(false);
    await world.clock.advance(1);
    expect(signal.aborted).toBe(true);
    expect((await invoked).batchItemFailures).toEqual([{ itemIdentifier: 'message-1' }]);
    expect(record()).toMatchObject({ status: 'running', fence: 1 });
    expect(counts).toEqual({ unreadable: 0 });
  });

  it('whose renewals fail is counted', async () => {
    const { world, done, invoked, counts } = await running();
    world.faults.throwBefore('change');
    await world.clock.advance(20_000);
    done.resolve(1);
    await invoked;
    expect(counts).toEqual({ unreadable: 0, completed: 1, renewalsFailed: 1 });
  });

  it('ends at its timeout as any other', async () => {
    const { world, invoked, record } = await running();
    await world.clock.advance(600_000);
    await invoked;
    expect(record()).toMatchObject({ status: 'retrying', lastError: { cause: 'timeout' } });
  });

  it('whose renewing thread has died: its signal aborts when trust is over, told by nobody', async () => {
    const world = aWorld();
    const job = await world.job(1, { timeoutSeconds: 600 });
    world.point('normal', job);
    let signal: AbortSignal | undefined;
    const handler = (async (_: unknown, context: JobContext) => {
      signal = context.signal;
      await new Promise(() => {});
    }) as never;
    const dead: Renew = () => ({
      trustedUntil: () => world.clock.monotonic() + start + 25_000 - world.clock.now(),
      started: () => {},
      stop: () => {},
    });
    const { invoke } = worker(world, handler, { leaseMs: 30_000, longestTimeoutMs: 600_000, renew: dead });
    const invoked = invoke('normal', functionMs);
    await world.clock.advance(24_999);
    expect(signal?.aborted).toBe(false);
    await world.clock.advance(1);
    expect(signal?.aborted).toBe(true);
    expect((await invoked).batchItemFailures).toHaveLength(1);
  });

  it('that is to end before its handler begins is not begun', async () => {
    const world = aWorld();
    const job = await world.job(1, { timeoutSeconds: 600 });
    world.point('normal', job);
    const begun: string[] = [];
    const atOnce: Renew = (_, hears) => {
      hears.ending('cancelled');
      return nothing(_, hears);
    };
    const { invoke } = worker(world, async () => void begun.push('begun'), {
      leaseMs: 30_000,
      longestTimeoutMs: 600_000,
      renew: atOnce,
    });
    await invoke('normal', functionMs);
    expect(begun).toEqual([]);
    expect(world.store.peek(job.sk)?.status).toBe('cancelled');
  });

  it('whose worker died after the receipt is taken over 40 s later, in quarantine', async () => {
    const { world, record, seenIn } = await running({ dies: true });
    await world.clock.advance(39_999);
    expect(seenIn()).toEqual([0.001]);
    await world.clock.advance(1);
    const { invoke, counts } = worker(world, async () => 'second', { leaseMs: 30_000, renew: nothing });
    await invoke('normal');
    await invoke('quarantine', functionMs);
    expect(record()).toMatchObject({ status: 'completed', fence: 2, attempt: 2 });
    expect(counts).toMatchObject({ leasesLost: 1 });
  });

  it('whose next worker dies before its first call is brought back by its entry, not by the lane’s 645 s', async () => {
    const { world, record } = await running({ dies: true });
    const releasing = release({ ...world, now: world.clock.now, onError: () => {} });
    await world.clock.advance(40_000);
    // It shows again, is received, and whoever received it is gone.
    const [message] = world.lanes.receive('normal');
    await world.lanes.hide([
      {
        queueUrl: world.lanes.urls.default?.normal ?? '',
        receiptHandle: message?.receiptHandle ?? '',
        seconds: 645,
      },
    ]);
    await world.clock.advance(20_000);
    await releasing(() => 55_000, {});
    const { invoke } = worker(world, async () => 'third', { leaseMs: 30_000, renew: nothing });
    await invoke('quarantine', functionMs);
    expect(world.clock.now() - start).toBe(60_000);
    expect(record()).toMatchObject({ status: 'completed', fence: 2 });
    expect(record()).not.toHaveProperty('attention');
  });

  it('that was never claimed, its first worker being dead: sent again after a minute', async () => {
    const world = aWorld();
    const job = await world.job(1, { attention: 'due#07', attentionAt: start + 60_000, attentionStep: 0 });
    world.point('normal', job);
    world.lanes.receive('normal');
    await world.clock.advance(60_000);
    await release({ ...world, now: world.clock.now, onError: () => {} })(() => 55_000, {});
    const { invoke } = worker(world, async () => 'second', { leaseMs: 30_000, renew: nothing });
    await invoke('normal', functionMs);
    expect(world.store.peek(job.sk)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('claimed after a long wait, its entry far away: is watched from then on', async () => {
    const far = { attentionAt: start + 3_600_000, attentionStep: 60 };
    const { record } = await running({ fields: { ...far, sk: aJobId({ at: start - 60_000 }) } });
    expect(record()).toMatchObject({ attentionAt: start + 50_000, attentionStep: 0 });
  });
});

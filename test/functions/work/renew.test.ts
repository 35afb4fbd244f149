import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { renew } from '../../../functions/work/renew.ts';
import { start } from '../../support/clock.ts';
import { aWorld } from '../../support/world.ts';

/** The renewal of one job that was claimed at `start` for 30 s through a message of lane `normal`. */
async function renewal({ answers = true, callMs = 0 }: { answers?: boolean; callMs?: number } = {}) {
  const world = aWorld();
  const job = await world.job(1, { status: 'running', fence: 4, availableAt: start + 30_000 });
  world.point('normal', job);
  const [message] = world.lanes.receive('normal');
  const heard: unknown[] = [];
  const errors: string[] = [];
  let asked = 0;
  const loop = { answers, ended: 0 };
  const { monotonic } = world.clock;
  const { change } = world.store;
  const renewing = renew({
    ...world,
    store: {
      ...world.store,
      change: async (changes) => {
        const results = await change(changes);
        if (callMs > 0) await world.clock.sleep(callMs);
        return results;
      },
    },
    now: world.clock.now,
    monotonic,
    after: world.clock.after,
    onError: (what) => void errors.push(what),
    ask: (answer) => {
      asked++;
      if (loop.answers) answer();
    },
    endProcess: () => {
      loop.ended++;
    },
  })(
    {
      mine: { pk: job.pk, sk: job.sk, fence: 4 },
      owner: 'me',
      queueUrl: world.lanes.urls.default?.normal ?? '',
      receiptHandle: message?.receiptHandle ?? '',
      claimedAt: monotonic(),
    },
    {
      trusted: (until) => void heard.push(until - monotonic()),
      failed: () => void heard.push('failed'),
      ending: (why) => void heard.push(why),
    },
  );
  const record = () => world.store.peek(job.sk) as JobRecord;
  return {
    world,
    ...renewing,
    heard,
    errors,
    asked: () => asked,
    ended: () => loop.ended,
    loop,
    record,
    change: (more: Partial<JobRecord>) => world.store.put({ ...record(), ...more }),
    trustMs: () => renewing.trustedUntil() - monotonic(),
    seenIn: () => world.lanes.waiting('normal').map((each) => each.inSeconds),
  };
}

describe('the renewal of a lease', () => {
  it('moves lease and message every 10 s, until it is stopped', async () => {
    const { world, record, seenIn, heard, trustMs, stop } = await renewal();
    expect(trustMs()).toBe(25_000);
    await world.clock.advance(9_999);
    expect([record().availableAt, ...seenIn()]).toEqual([start + 30_000, 65.001]);
    await world.clock.advance(1);
    expect([record().availableAt, ...seenIn()]).toEqual([start + 40_000, 40]);
    await world.clock.advance(30_000);
    expect([record().availableAt, ...seenIn()]).toEqual([start + 70_000, 40]);
    expect(heard).toEqual([25_000, 25_000, 25_000, 25_000]);
    stop();
    await world.clock.advance(60_000);
    expect(record().availableAt).toBe(start + 70_000);
  });

  it('tells of a cancel, and goes on: the job is held until it is settled', async () => {
    const { world, change, heard, record } = await renewal();
    change({ cancelRequestedAt: start });
    await world.clock.advance(20_000);
    expect(heard).toEqual([25_000, 'cancelled', 25_000, 'cancelled']);
    expect(record().availableAt).toBe(start + 50_000);
  });

  it.each([
    ['another attempt runs', { fence: 5 }],
    ['it was given up', { status: 'failed' as const }],
    ['its lease is over', { availableAt: start + 10_000 }],
  ])('%s: lost, and nothing is renewed any more', async (_, more) => {
    const { world, change, heard, record } = await renewal();
    change(more);
    const stands = record();
    await world.clock.advance(60_000);
    expect(heard).toEqual(['lost']);
    expect(record()).toEqual(stands);
  });

  it('is tried again a second later, and counts from its own first send', async () => {
    const { world, heard, errors, record, trustMs } = await renewal();
    world.faults.throwBefore('change');
    world.store.throttle(0);
    await world.clock.advance(10_000);
    expect(heard).toEqual(['failed']);
    expect(trustMs()).toBe(15_000);
    await world.clock.advance(1_000);
    expect(heard).toEqual(['failed', 25_000]);
    expect(errors).toEqual(['the lease of a running job could not be renewed']);
    expect(record().availableAt).toBe(start + 41_000);
  });

  it('that is answered after 3 s: trust counts from its send, and so does the next one', async () => {
    const { world, heard, record } = await renewal({ callMs: 3_000 });
    await world.clock.advance(13_000);
    expect(heard).toEqual([22_000]);
    await world.clock.advance(7_000);
    expect(record().availableAt).toBe(start + 50_000);
  });

  it('whose answer was lost, and the SDK sent it again: renewed', async () => {
    const { world, heard } = await renewal();
    world.faults.sendTwice('change');
    await world.clock.advance(10_000);
    expect(heard).toEqual([25_000]);
  });

  it('that never succeeds: lost when trust is over', async () => {
    const { world, heard, record } = await renewal();
    world.store.throttle(1_000);
    await world.clock.advance(24_999);
    expect(heard).toEqual([]);
    await world.clock.advance(1);
    expect(heard).toEqual(['lost']);
    expect(record().availableAt).toBe(start + 30_000);
  });

  it('of the message that fails leaves that of the lease alone', async () => {
    const { world, heard, errors, record } = await renewal();
    world.faults.throwBefore('hide');
    await world.clock.advance(10_000);
    expect(record().availableAt).toBe(start + 40_000);
    expect(heard.toSorted()).toEqual([25_000, 'failed']);
    expect(errors).toEqual(['the message of a running job could not be renewed']);
  });
});

describe('a process whose event loop is blocked past the timeout', () => {
  it('is ended 5 s after it', async () => {
    const { world, started, asked, ended } = await renewal({ answers: false });
    started(60_000);
    await world.clock.advance(62_000);
    expect([asked(), ended()]).toEqual([1, 0]);
    await world.clock.advance(2_999);
    expect(ended()).toBe(0);
    await world.clock.advance(1);
    expect(ended()).toBe(1);
  });

  it('is left alone while it answers', async () => {
    const { world, started, asked, ended } = await renewal();
    started(60_000);
    await world.clock.advance(80_000);
    expect([asked() > 4, ended()]).toEqual([true, 0]);
  });

  it('is left alone once its job is settled, or before its handler began', async () => {
    const settled = await renewal({ answers: false });
    settled.started(60_000);
    await settled.world.clock.advance(64_000);
    settled.stop();
    await settled.world.clock.advance(60_000);
    expect(settled.ended()).toBe(0);
    const waiting = await renewal({ answers: false });
    await waiting.world.clock.advance(600_000);
    expect(waiting.ended()).toBe(0);
  });

  it('is ended when its trust is over and nothing was renewed: the next attempt may begin then', async () => {
    const { world, started, heard, asked, ended } = await renewal({ answers: false });
    started(60_000);
    world.store.throttle(1_000);
    await world.clock.advance(22_000);
    expect(asked()).toBe(1);
    await world.clock.advance(2_999);
    expect(ended()).toBe(0);
    await world.clock.advance(1);
    expect(ended()).toBe(1);
    expect(heard).toEqual([]);
  });

  it('is ended 3 s after it was seen that another owns its job', async () => {
    const { world, started, ended, change } = await renewal({ answers: false });
    started(60_000);
    change({ fence: 5 });
    await world.clock.advance(12_999);
    expect(ended()).toBe(0);
    await world.clock.advance(1);
    expect(ended()).toBe(1);
  });

  it('is asked no more once its job is over, though its lease was lost before its handler began', async () => {
    const { world, started, stop, asked, change, loop } = await renewal();
    change({ fence: 5 });
    await world.clock.advance(10_000);
    started(60_000);
    expect(asked()).toBe(1);
    stop();
    // What blocks it from then on is another job, within its own time.
    loop.answers = false;
    await world.clock.advance(120_000);
    expect([asked(), loop.ended]).toEqual([1, 0]);
  });

  it('is ended within 6 s if its lease was lost before its handler began, which then blocks', async () => {
    const { world, started, change, loop } = await renewal();
    change({ fence: 5 });
    await world.clock.advance(10_000);
    started(60_000);
    loop.answers = false;
    await world.clock.advance(5_999);
    expect(loop.ended).toBe(0);
    await world.clock.advance(1);
    expect(loop.ended).toBe(1);
  });

  it('is asked no more once its job was settled, nor is anything begun then', async () => {
    const { world, started, stop, asked } = await renewal();
    stop();
    started(1_000);
    await world.clock.advance(60_000);
    expect(asked()).toBe(0);
  });

  it('is ended although its lease was lost meanwhile', async () => {
    const { world, started, ended, change } = await renewal({ answers: false });
    started(60_000);
    change({ fence: 5 });
    await world.clock.advance(65_000);
    expect(ended()).toBe(1);
  });
});

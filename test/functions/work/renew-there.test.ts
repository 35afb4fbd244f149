import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { type News, type Order, renewThere } from '../../../functions/work/renew-there.ts';
import { serveRenewals } from '../../../functions/work/serve-renewals.ts';
import { start } from '../../support/clock.ts';
import { aWorld } from '../../support/world.ts';

/** Both ends, joined; `blocked` keeps the main thread from hearing and answering. */
async function joined() {
  const world = aWorld();
  const { clock } = world;
  const job = await world.job(1, { status: 'running', fence: 1, availableAt: start + 30_000 });
  const heard: unknown[] = [];
  const waiting: News[] = [];
  let ended = 0;
  let blocked = false;
  let opened = 0;
  let hear = (_: News): void => {};
  let die = (): void => {};
  const tell = (news: News): void => {
    if (blocked) waiting.push(structuredClone(news));
    else hear(structuredClone(news));
  };
  const take = serveRenewals({ ...world, ...clock, onError: () => {}, endProcess: () => void ended++ }, tell);
  const renew = renewThere((onNews, onDeath) => {
    opened++;
    die = onDeath;
    hear = onNews;
    // What a thread is sent is copied, but for shared memory.
    return (order: Order) => take(structuredClone(order));
  });
  const hold = () =>
    renew(
      {
        mine: { pk: job.pk, sk: job.sk, fence: 1 },
        owner: 'me',
        queueUrl: world.lanes.urls.default?.normal ?? '',
        receiptHandle: 'none',
        claimedAt: clock.monotonic(),
      },
      {
        trusted: () => {},
        failed: () => void heard.push('failed'),
        ending: (why) => void heard.push(why),
      },
    );
  const renewing = hold();
  return {
    ...renewing,
    world,
    heard,
    ended: () => ended,
    opened: () => opened,
    hold,
    die: () => die(),
    block: () => {
      blocked = true;
    },
    change: (more: Partial<JobRecord>) =>
      world.store.put({ ...(world.store.peek(job.sk) as JobRecord), ...more }),
    trustMs: () => renewing.trustedUntil() - clock.monotonic(),
  };
}

describe('the thread that renews', () => {
  it('tells of an ending', async () => {
    const { world, heard, change } = await joined();
    change({ cancelRequestedAt: start });
    await world.clock.advance(10_000);
    expect(heard).toEqual(['cancelled']);
  });

  it('tells of what failed', async () => {
    const { world, heard } = await joined();
    world.faults.throwBefore('change');
    await world.clock.advance(10_000);
    expect(heard).toEqual(['failed']);
  });

  it('is believed while the main thread is blocked: trust lies in shared memory', async () => {
    const { world, trustMs, block } = await joined();
    expect(trustMs()).toBe(25_000);
    block();
    await world.clock.advance(50_000);
    expect(trustMs()).toBe(25_000);
  });

  it('ends a process that does not answer, and no other', async () => {
    const answering = await joined();
    answering.started(60_000);
    await answering.world.clock.advance(120_000);
    expect(answering.ended()).toBe(0);
    const silent = await joined();
    silent.started(60_000);
    silent.block();
    await silent.world.clock.advance(65_000);
    expect(silent.ended()).toBe(1);
  });

  it('is started once, and once more after its death', async () => {
    const { hold, die, opened } = await joined();
    hold();
    expect(opened()).toBe(1);
    die();
    hold();
    expect(opened()).toBe(2);
  });

  it('stops when the job is settled', async () => {
    const { world, heard, started, stop, change, ended, block } = await joined();
    started(10_000);
    stop();
    block();
    change({ fence: 2 });
    await world.clock.advance(120_000);
    expect([heard, ended()]).toEqual([[], 0]);
  });
});

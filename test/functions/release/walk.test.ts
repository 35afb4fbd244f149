import { describe, expect, it } from 'vitest';
import { idFloor } from '../../../core/id.ts';
import type { JobState } from '../../../core/state.ts';
import { type JobRecord, jobKey } from '../../../core/table.ts';
import { walk } from '../../../functions/release/walk.ts';
import { aJob, aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { isUnwatched } from '../../support/memory-store.ts';
import { aWalk } from '../../support/walker.ts';
import { worker } from '../../support/worker.ts';

const minuteMs = 60_000;
const plenty = () => 55_000;

/** One job of `acme`, minted at `start`, walked 5 minutes later. */
async function walked(fields: Partial<JobRecord> & { status?: JobState } = {}) {
  const { world, ...rest } = aWalk();
  const job = await world.job('a payload', fields);
  await world.clock.advance(5 * minuteMs + 1);
  world.faults.calls.length = 0;
  return { world, job, record: () => world.store.peek(job.sk)!, ...rest };
}

describe('a job without an entry, 5 minutes old, that', () => {
  it('waits in its lane → an entry first, then a pointer, and it runs', async () => {
    const { world, job, run, record } = await walked();
    expect(await run()).toMatchObject({ foundLost: 1, watched: 1, walkBehind: 0 });
    expect(record()).toMatchObject({ status: 'pending', attention: expect.stringMatching(/^due#\d\d$/) });
    expect(world.faults.calls.filter((each) => /change|deliver/.test(each))).toEqual([
      'change 1',
      'deliver 1',
    ]);
    expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 0 }]);
    await worker(world).invoke('normal');
    expect(record().status).toBe('completed');
    expect(record()).not.toHaveProperty('attention');
  });

  it('waits for its time as a delayed message → an entry 5 minutes after its time', async () => {
    const { world, run, record } = await walked({ status: 'scheduled', availableAt: start + 14 * minuteMs });
    expect(await run()).toMatchObject({ watched: 1 });
    expect(record().attentionAt).toBe(start + 19 * minuteMs);
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('runs → an entry a minute after its lease', async () => {
    const { run, record } = await walked({ status: 'running', availableAt: start + 6 * minuteMs });
    expect(await run()).toMatchObject({ watched: 1 });
    expect(record()).toMatchObject({ status: 'running', attentionAt: start + 7 * minuteMs });
  });

  it.each(['completed', 'failed', 'cancelled'] as const)('is %s → is not touched', async (status) => {
    const { world, job, run, record } = await walked({ status });
    await run();
    expect(record()).toEqual(job);
    expect(world.faults.calls.filter((each) => /change|deliver/.test(each))).toEqual([]);
  });

  it('has an entry → is not touched', async () => {
    const { job, run, record } = await walked({ attention: 'due#07', attentionAt: start + 1 });
    await run();
    expect(record()).toEqual(job);
  });
});

it('younger ids wait for the next walk: their record may still be on its way', async () => {
  const { world, run } = aWalk();
  const job = await world.job('young', { sk: aJobId({ at: start + 1_000 }) });
  await world.clock.advance(5 * minuteMs);
  await run();
  expect(world.store.peek(job.sk)).toEqual(job);
  await world.clock.advance(minuteMs);
  await run();
  expect(world.store.peek(job.sk)).toHaveProperty('attention');
});

it('each record is read once, minute by minute, in every shard', async () => {
  const { world, run } = aWalk({ tenants: ['acme', 'default'] });
  const ids: string[] = [];
  const read: string[] = [];
  const { unwatched } = world.store;
  world.store.unwatched = async (query) => {
    const page = await unwatched(query);
    read.push(...page.records.map(({ sk }) => sk));
    return page;
  };
  for (let minute = 0; minute < 20; minute++) {
    for (let count = 0; count < 12; count++) {
      const [tenant, shard] = count % 2 === 0 ? ['acme', count % 8] : ['default', 15];
      const sk = aJobId({ at: start + minute * minuteMs + count * 4_500, shard });
      ids.push(sk);
      world.store.put(aJob({ ...jobKey(tenant as string, sk) }));
    }
    await run();
    await world.clock.advance(minuteMs + (minute % 3) * 1_000);
  }
  await world.clock.advance(6 * minuteMs);
  await run();
  expect(read.toSorted()).toEqual(ids.toSorted());
  expect(world.store.all().filter(isUnwatched)).toEqual([]);
});

describe('a walk that starts late', () => {
  it('catches up what hours of silence have left', async () => {
    const { world, run } = aWalk();
    await world.clock.advance(5 * minuteMs + 1);
    await run();
    for (let count = 0; count < 130; count++)
      world.store.put(aJob({ sk: aJobId({ at: start + (count + 1) * 3 * minuteMs, shard: count % 8 }) }));
    await world.clock.advance(8 * 60 * minuteMs);
    expect(await run()).toMatchObject({ foundLost: 130, walkBehind: 0 });
  });

  it('does what its time allows, says how far behind it is, and the next goes on there', async () => {
    const { world, run } = aWalk();
    for (let count = 0; count < 100; count++)
      world.store.put(aJob({ sk: aJobId({ at: start + count * minuteMs, shard: 5 }) }));
    await world.clock.advance(2 * 60 * minuteMs);
    let left = 3;
    const pages = () => (left-- > 0 ? 55_000 : 0);
    const reads = () => world.faults.calls.filter((each) => each.startsWith('unwatched')).length;
    const runs: number[] = [];
    const behind: number[] = [];
    while (world.store.all().some(isUnwatched)) {
      left = 3;
      runs.push(reads());
      behind.push((await run(pages)).walkBehind);
    }
    expect(runs.length).toBeGreaterThan(3);
    expect(runs.length).toBeLessThan(12);
    expect(behind[0]).toBeGreaterThan(3_600);
    left = 1_000;
    expect((await run(pages)).walkBehind).toBe(0);
  });

  it('starves no shard: who lags the most goes first', async () => {
    const { world, run } = aWalk();
    await world.clock.advance(5 * minuteMs + 1);
    await run();
    for (let minute = 0; minute < 60; minute++) {
      for (let shard = 0; shard < 8; shard++)
        world.store.put(aJob({ sk: aJobId({ at: world.clock.now(), shard }) }));
      await world.clock.advance(minuteMs);
      // One shard a run, of eight that all have something.
      let left = 1;
      await run(() => (left-- > 0 ? 55_000 : 0));
    }
    const oldest = world.store.all().find(isUnwatched)!;
    expect(oldest.sk >= idFloor(world.clock.now() - 16 * minuteMs)).toBe(true);
  });
});

describe('what changes between the read and the write', () => {
  const meanwhile = async (fields: Partial<JobRecord>) => {
    const { world, job, run, record } = await walked();
    const { change } = world.store;
    let first = true;
    world.store.change = (changes) => {
      if (first) world.store.put({ ...job, ...fields });
      first = false;
      return change(changes);
    };
    await run();
    return { world, record };
  };

  it('claimed → judged anew: it runs, an entry a minute after its lease', async () => {
    const availableAt = start + 6 * minuteMs;
    const { world, record } = await meanwhile({ status: 'running', fence: 1, availableAt });
    expect(record()).toMatchObject({ status: 'running', fence: 1, attentionAt: start + 7 * minuteMs });
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it.each([
    ['completed', { status: 'completed' as const, fence: 1 }],
    ['given an entry', { attention: 'due#03', attentionAt: start + 9 * minuteMs }],
  ])('%s → left', async (_, fields) => {
    const { world, record } = await meanwhile(fields);
    expect(record()).toMatchObject(fields);
    expect(record().attention).toBe((fields as { attention?: string }).attention);
    expect(world.lanes.waiting('normal')).toEqual([]);
  });
});

it('two walks at once: every job has one entry, and one pointer', async () => {
  const { world, walker } = aWalk();
  for (let count = 0; count < 45; count++) world.store.put(aJob());
  await world.clock.advance(5 * minuteMs + 1);
  await Promise.all([walker()(plenty, {}), walker(() => world.clock.now() + 7)(plenty, {})]);
  expect(world.store.all().filter(isUnwatched)).toEqual([]);
  expect(world.lanes.waiting('normal')).toHaveLength(45);
  expect(new Set(world.lanes.waiting('normal').map((each) => each.job)).size).toBe(45);
});

it('a walk that dies at any moment: the next one leaves nothing without an entry', async () => {
  const arranged = async () => {
    const { world, run } = aWalk();
    const shards = [0, 0, 3, 3, 3, 7];
    for (const shard of shards) world.store.put(aJob({ sk: aJobId({ shard }) }));
    await world.clock.advance(5 * minuteMs + 1);
    return { world, run };
  };
  const calm = await arranged();
  await calm.run();
  const moments = calm.world.faults.moments();
  expect(moments).toBeGreaterThanOrEqual(24);
  for (let moment = 1; moment <= moments; moment++) {
    const { world, run } = await arranged();
    world.faults.crashAt(moment);
    await run().catch(() => {});
    world.faults.restart();
    await world.clock.advance(minuteMs);
    await run();
    expect(world.store.all().filter(isUnwatched), `moment ${moment}`).toEqual([]);
  }
});

describe('trouble', () => {
  it('a throttled row → its shard is walked again from there', async () => {
    const { world, run } = await walked();
    world.store.throttle(100);
    await run();
    expect(world.store.all().filter(isUnwatched)).toHaveLength(1);
    world.store.throttle(0);
    await world.clock.advance(minuteMs);
    await run();
    expect(world.store.all().filter(isUnwatched)).toEqual([]);
  });

  it('a shard that cannot be read is said, and does not keep the others from being walked', async () => {
    const { world, run, errors } = aWalk();
    for (let shard = 0; shard < 8; shard++) world.store.put(aJob({ sk: aJobId({ shard }) }));
    await world.clock.advance(5 * minuteMs + 1);
    world.faults.throwBefore('unwatched');
    expect((await run()).walkBehind).toBeGreaterThan(0);
    expect(errors).toEqual(['a shard could not be walked: the next walk goes on there']);
    expect(world.store.all().filter(isUnwatched)).toHaveLength(1);
    await world.clock.advance(minuteMs);
    expect((await run()).walkBehind).toBe(0);
    expect(world.store.all().filter(isUnwatched)).toEqual([]);
  });

  it('a pointer that is not taken: the entry stands', async () => {
    const { world, run, record } = await walked();
    world.faults.throwBefore('deliver');
    await run();
    expect(record()).toHaveProperty('attention');
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('without the list of tenants there is no walk, and the cursor stays', async () => {
    const { world, cursors } = aWalk();
    const broken = walk({
      ...{ shards: world.store, store: world.store, lanes: world.lanes, depth: world.depth, cursors },
      tenants: () => Promise.reject(new Error('refused')),
      now: world.clock.now,
      onError: () => {},
    });
    await expect(broken(plenty, {})).rejects.toThrow('refused');
    expect(await cursors.read()).toEqual(Array(8).fill(undefined));
  });
});

import { describe, expect, it } from 'vitest';
import { aJob } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';
import { burier, dead } from './dead.ts';

const over = { status: 'running', availableAt: start - 1 } as const;
const spent = { attempt: 5, attemptsLeft: 0 };

describe('a dead letter whose job', () => {
  it.each(['completed', 'failed', 'cancelled', 'void' as never] as const)('is %s → drop', async (status) => {
    const { world, job, invoke, record } = await dead({ status });
    expect(await invoke()).toEqual({ batchItemFailures: [] });
    expect(record()).toEqual(job);
    expect(world.lanes.waiting('quarantine')).toEqual([]);
  });

  it('runs through this message → hidden until the lease is over + 10 s', async () => {
    const { invoke, stays } = await dead({
      status: 'running',
      message: 'message-1',
      availableAt: start + 5_001,
    });
    await invoke();
    expect(stays()).toEqual([16]);
  });

  it('runs through another message → drop', async () => {
    const { invoke, stays, job, record } = await dead({ status: 'running' });
    await invoke();
    expect(stays()).toEqual([]);
    expect(record()).toEqual(job);
  });

  it('lost its lease, attempts left → pending with an entry, then a pointer to quarantine, then drop', async () => {
    const { world, invoke, record, stays, counts, job } = await dead({ ...over, shared: 1 });
    await invoke();
    expect(record()).toMatchObject({
      status: 'pending',
      availableAt: start,
      buried: 1,
      attempt: 1,
      attemptsLeft: 4,
      fence: 1,
      attention: expect.stringMatching(/^due#\d\d$/),
      attentionAt: start + 60_000,
    });
    expect(record()).not.toHaveProperty('owner');
    expect(world.lanes.waiting('quarantine')).toEqual([{ job: job.sk, inSeconds: 0 }]);
    expect(stays()).toEqual([]);
    expect(world.faults.calls).toEqual(['get 1', 'change 1', 'deliver 1']);
    expect(counts).toEqual({ buried: 1, leasesLost: 1 });
  });

  it('lost its lease with its last attempt, in company → gets it back', async () => {
    const { invoke, record } = await dead({ ...over, ...spent, shared: 10 });
    await invoke();
    expect(record()).toMatchObject({ status: 'pending', attempt: 4, attemptsLeft: 1, shared: 0 });
  });

  it('waits for its time → goes on waiting for it', async () => {
    const { invoke, record } = await dead({ status: 'retrying', availableAt: start + 30_000 });
    await invoke();
    expect(record()).toMatchObject({
      status: 'retrying',
      availableAt: start + 30_000,
      buried: 1,
      attentionAt: start + 90_000,
    });
  });

  it('waits for a far time → release has it', async () => {
    const { invoke, record } = await dead({ status: 'scheduled', availableAt: start + 3_600_000 });
    await invoke();
    expect(record()).toMatchObject({ status: 'scheduled', attentionAt: start + 2_700_000 });
  });

  it.each([
    ['lost its lease alone, none left', { ...over, ...spent, shared: 1 }, { leasesLost: 1 }],
    ['waits with none left', { status: 'retrying' as const, ...spent }, {}],
  ])('%s → failed: buried', async (_, fields, lost) => {
    const { invoke, record, stays, counts, world } = await dead(fields);
    await invoke();
    expect(record()).toMatchObject({
      status: 'failed',
      finishedAt: start,
      buried: 1,
      lastError: { code: 'buried', cause: 'buried' },
      attention: `acme#failed#${record().pk.slice(5)}`,
    });
    expect(stays()).toEqual([]);
    expect(world.lanes.waiting('quarantine')).toEqual([]);
    expect(counts).toEqual({ buried: 1, failed: 1, ...lost });
  });

  it.each([
    ['rescued', over],
    ['failed', { ...over, ...spent, shared: 1 }],
  ])('changes before it is %s → nothing changed, judged anew in a second', async (_, fields) => {
    const { world, job, invoke, record, stays } = await dead(fields);
    const { change } = world.store;
    world.store.change = (changes) => {
      world.store.put({ ...job, fence: 9 });
      return change(changes);
    };
    await invoke();
    expect(record()).toMatchObject({ status: 'running', fence: 9 });
    expect(stays()).toEqual([1]);
  });
});

it.each([
  ['rescue', over],
  ['failure', { ...over, ...spent, shared: 1 }],
  ['cancel', { ...over, cancelRequestedAt: start }],
])('a throttled %s: nothing was decided, it comes back in 5 s', async (_, fields) => {
  const { world, job, invoke, record, stays } = await dead(fields);
  world.store.throttle(1);
  await invoke();
  expect(record()).toEqual(job);
  expect(stays()).toEqual([5]);
});

it('a dead letter whose lost job was to be cancelled ends it so', async () => {
  const lost = { status: 'running', availableAt: start, cancelRequestedAt: start - 1 } as const;
  const { invoke, record, world } = await dead(lost);
  expect(await invoke()).toEqual({ batchItemFailures: [] });
  expect(record()).toMatchObject({ status: 'cancelled', finishedAt: start });
  expect(world.lanes.waiting('quarantine')).toEqual([]);
});

describe('a dead letter to nothing', () => {
  it('young → hidden', async () => {
    const world = aWorld();
    world.point('dead', aJob());
    await burier(world).invoke();
    expect(world.lanes.waiting('dead')).toMatchObject([{ inSeconds: 1 }]);
    expect(world.store.all()).toEqual([]);
  });

  it('a minute old → a tombstone, then drop', async () => {
    const world = aWorld();
    const job = aJob();
    world.point('dead', job);
    await world.clock.advance(60_000);
    const { invoke, counts } = burier(world);
    await invoke();
    expect(world.store.peek(job.sk)?.status).toBe('void');
    expect(world.lanes.waiting('dead')).toEqual([]);
    expect(counts).toEqual({ tombstones: 1 });
  });
});

it('a tombstone that is not laid now, or finds a record: the dead letter comes back', async () => {
  const world = aWorld();
  const [throttled, late] = [aJob(), aJob()];
  world.point('dead', throttled);
  await world.clock.advance(60_000);
  world.store.throttle(1);
  const { invoke } = burier(world);
  await invoke();
  expect(world.lanes.waiting('dead')).toEqual([{ job: throttled.sk, inSeconds: 5 }]);

  world.point('dead', late);
  await world.clock.advance(60_000);
  const { insert } = world.store;
  world.store.insert = (records) => {
    if (records[0]?.sk === late.sk) world.store.put(late);
    return insert(records);
  };
  await invoke();
  expect(world.lanes.waiting('dead')).toEqual([{ job: late.sk, inSeconds: 1 }]);
  expect(world.store.peek(throttled.sk)?.status).toBe('void');
});

it('what is no pointer is stored, counted and dropped', async () => {
  const world = aWorld();
  world.lanes.put('dead', 'no pointer');
  const { invoke, unreadable, counts } = burier(world);
  expect(await invoke()).toEqual({ batchItemFailures: [] });
  expect(unreadable).toEqual([{ messageId: 'message-1', body: 'no pointer' }]);
  expect(counts).toEqual({ unreadable: 1 });
});

it('what is no pointer and cannot be stored comes back', async () => {
  const world = aWorld();
  world.lanes.put('dead', 'no pointer');
  world.faults.throwBefore('storeUnreadable');
  expect(await burier(world).invoke()).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
});

it('records that cannot be read: everything comes back in 5 s, and is counted', async () => {
  const { world, invoke, stays, errors, counts } = await dead(over);
  world.point('dead', aJob());
  world.faults.throwBefore('get');
  await invoke();
  expect(stays()).toEqual([5, 5]);
  expect(errors).toHaveLength(1);
  expect(counts).toEqual({ undecided: 2 });
});

it('one that cannot be judged comes back in 5 s, the others are judged', async () => {
  const { world, invoke, stays, counts } = await dead(over);
  const other = await world.job('another', { ...over });
  world.point('dead', other);
  world.faults.throwBefore('change');
  await invoke();
  expect(stays()).toEqual([5]);
  expect(world.store.peek(other.sk)?.buried).toBe(1);
  expect(counts).toMatchObject({ undecided: 1, buried: 1 });
});

it.each(['refused', 'not heard of'])(
  'a rescue whose pointer is %s is release’s, and no burial more',
  async (how) => {
    const { world, invoke, record, stays } = await dead(over);
    if (how === 'refused') world.lanes.refuse(1);
    else world.faults.throwAfter('deliver');
    await invoke();
    expect(stays()).toEqual([]);
    expect(record()).toMatchObject({ status: 'pending', buried: 1, attentionAt: start + 60_000 });
  },
);

it.each([
  ['rescue', over, { status: 'pending', buried: 1 }],
  ['failure', { ...over, ...spent, shared: 1 }, { status: 'failed', buried: 1 }],
])('a %s whose answer was lost stands, and the message goes', async (_, fields, becomes) => {
  const { world, invoke, record, stays } = await dead(fields);
  world.faults.sendTwice('change');
  await invoke();
  expect(record()).toMatchObject(becomes);
  expect(stays()).toEqual([]);
});

it('a job with attempts left whose message is worn out: buried, then completed in quarantine', async () => {
  const world = aWorld();
  const job = await world.job('a payload', { ...over, shared: 3, message: 'message-1' });
  world.point('normal', job);
  for (let times = 0; times < 20; times++) {
    world.lanes.receive('normal');
    await world.clock.advance(75_000);
  }
  expect(world.lanes.receive('normal')).toEqual([]);
  await burier(world).invoke();
  await worker(world).invoke('quarantine');
  expect(world.store.peek(job.sk)).toMatchObject({ status: 'completed', buried: 1, shared: 1, fence: 2 });
  for (const lane of ['normal', 'dead', 'quarantine']) expect(world.lanes.waiting(lane)).toEqual([]);
});

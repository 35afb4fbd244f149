import { describe, expect, it } from 'vitest';
import type { JobState } from '../../../core/state.ts';
import type { JobRecord } from '../../../core/table.ts';
import { release } from '../../../functions/release/release.ts';
import { aJob } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld, type World } from '../../support/world.ts';

const releaser = (world: World) => release({ ...world, now: world.clock.now, onError: () => {} });
const plenty = () => 60_000;

/** A job with an entry due at `start`, in partition 7. */
async function due(fields: Partial<JobRecord> & { status?: JobState } = {}) {
  const world = aWorld();
  const job = await world.job('a payload', { attention: 'due#07', attentionAt: start, ...fields });
  const run = () => releaser(world)(plenty, {});
  const record = () => world.store.peek(job.sk)!;
  return { world, job, run, record };
}

describe('a due entry of a job that', () => {
  it('waits and is due → put off by a minute, then sent to its lane', async () => {
    const { world, job, run, record } = await due({ priority: 9 });
    expect(await run()).toEqual({ sent: 1, unfinished: 0 });
    expect(record()).toMatchObject({ attentionAt: start + 60_000, attentionStep: 1, status: 'pending' });
    expect(world.lanes.waiting('critical')).toEqual([{ job: job.sk, inSeconds: 0 }]);
    expect(world.faults.calls.filter((each) => !each.startsWith('attention'))).toEqual([
      'get 1',
      'change 1',
      'deliver 1',
    ]);
  });

  it('runs in 14 minutes → sent with the rest as a delay, looked at a minute after its time', async () => {
    const { world, run, record } = await due({ status: 'scheduled', availableAt: start + 840_500 });
    await run();
    expect(world.lanes.waiting('normal').map((each) => each.inSeconds)).toEqual([841]);
    expect(record()).toMatchObject({ attentionAt: start + 900_500 });
  });

  it('runs later than that → looked at 15 minutes before its time', async () => {
    const { world, run, record } = await due({ status: 'scheduled', availableAt: start + 7_200_000 });
    expect(await run()).toEqual({ sent: 0, unfinished: 0 });
    expect(record()).toMatchObject({ attentionAt: start + 6_300_000 });
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('runs under a live lease → looked at 20 s after its end', async () => {
    const { world, run, record } = await due({ status: 'running', availableAt: start + 40_000 });
    await run();
    expect(record()).toMatchObject({ status: 'running', attentionAt: start + 60_000 });
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('has lost its lease → sent to quarantine, which takes it over', async () => {
    const { world, job, run, record } = await due({ status: 'running', availableAt: start - 1 });
    await run();
    expect(world.lanes.waiting('quarantine')).toEqual([{ job: job.sk, inSeconds: 0 }]);
    await worker(world).invoke('quarantine');
    expect(record()).toMatchObject({ status: 'completed', fence: 2 });
    expect(record()).not.toHaveProperty('attention');
  });

  it.each(['completed', 'cancelled'] as const)('is %s → the entry goes', async (status) => {
    const { run, record } = await due({ status, attentionStep: 8 });
    expect(await run()).toEqual({ sent: 0, unfinished: 0 });
    expect(record().status).toBe(status);
    expect(record()).not.toHaveProperty('attention');
    expect(record()).not.toHaveProperty('attentionAt');
    expect(record()).not.toHaveProperty('attentionStep');
  });
});

it('an entry not due is left alone', async () => {
  const { job, run, record } = await due({ attentionAt: start + 1 });
  expect(await run()).toEqual({ sent: 0, unfinished: 0 });
  expect(record()).toEqual(job);
});

it('a job that nobody claims is sent again after 1, 2, 4 … 60 minutes, and then every hour', async () => {
  const { world, run } = await due();
  const minutes: number[] = [];
  for (let minute = 0; minute <= 250; minute++) {
    if ((await run()).sent === 1) minutes.push(minute);
    await world.clock.advance(60_000);
  }
  expect(minutes).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
});

it('two releases at once send each job once', async () => {
  const world = aWorld();
  for (let count = 0; count < 30; count++)
    await world.job(count, { attention: `due#0${count % 4}`, attentionAt: start });
  const later = release({ ...world, now: () => world.clock.now() + 1, onError: () => {} });
  const [a, b] = await Promise.all([releaser(world)(plenty, {}), later(plenty, {})]);
  expect(a.sent + b.sent).toBe(30);
  expect(new Set(world.lanes.waiting('normal').map((each) => each.job)).size).toBe(30);
  expect(world.lanes.waiting('normal')).toHaveLength(30);
});

it('all 64 partitions are looked at, each more than a page deep', async () => {
  const world = aWorld();
  for (let count = 0; count < 64; count++) {
    const attention = `due#${String(count).padStart(2, '0')}`;
    world.store.put(aJob({ attention, attentionAt: start }));
  }
  for (let count = 0; count < 230; count++)
    world.store.put(aJob({ attention: 'due#63', attentionAt: start - 1 }));
  expect(await releaser(world)(plenty, {})).toEqual({ sent: 294, unfinished: 0 });
});

it('a job that failed since the index was read keeps its entry for a person', async () => {
  const { world, job, run, record } = await due();
  world.store.freezeIndex();
  const failed = { status: 'failed' as const, attention: 'acme#failed#3', attentionAt: start };
  world.store.put({ ...job, ...failed });
  expect(await run()).toEqual({ sent: 0, unfinished: 0 });
  expect(record()).toMatchObject(failed);
});

it('trouble in one partition is said, and the others are released', async () => {
  const world = aWorld();
  // The partition that goes first in the minute of `start`, and two others.
  for (const attention of ['due#56', 'due#01', 'due#40'])
    await world.job(1, { attention, attentionAt: start });
  world.faults.throwBefore('attention');
  const errors: string[] = [];
  const step = release({ ...world, now: world.clock.now, onError: (message) => void errors.push(message) });
  expect(await step(plenty, {})).toEqual({ sent: 2, unfinished: 1 });
  expect(errors).toEqual(['a partition of the attention index could not be released']);
});

it('an index that lags: the record decides', async () => {
  const { world, run, record } = await due();
  world.store.freezeIndex();
  expect(await run()).toEqual({ sent: 1, unfinished: 0 });
  await world.clock.advance(1_000);
  expect(await run()).toEqual({ sent: 0, unfinished: 0 });
  world.store.put({ ...record(), attention: undefined, attentionAt: undefined });
  expect(await run()).toEqual({ sent: 0, unfinished: 0 });
  world.store.catchUpIndex();
  expect(world.lanes.waiting('normal')).toHaveLength(1);
});

it.each([
  ['claimed', { status: 'running' as const, fence: 1, availableAt: start + 60_000 }],
  ['put off', { attentionAt: start + 60_000 }],
  ['reopened', { fence: 4 }],
])('a record %s between the read and the write is not sent', async (_, fields) => {
  const { world, job, run } = await due();
  const { change } = world.store;
  world.store.change = (changes) => {
    if (changes.length > 0) world.store.put({ ...job, ...fields });
    return change(changes);
  };
  expect(await run()).toEqual({ sent: 0, unfinished: 0 });
  expect(world.lanes.waiting('normal')).toEqual([]);
});

it('a pointer that is not taken is sent at its next look', async () => {
  const { world, run } = await due();
  world.lanes.refuse(1);
  expect(await run()).toEqual({ sent: 0, unfinished: 0 });
  await world.clock.advance(60_000);
  expect(await run()).toEqual({ sent: 1, unfinished: 0 });
});

it('a throttled write is tried again at the next release', async () => {
  const { world, run } = await due();
  world.store.throttle(1);
  expect(await run()).toEqual({ sent: 0, unfinished: 0 });
  expect(await run()).toEqual({ sent: 1, unfinished: 0 });
});

it('near its end it begins nothing, and says how much is left', async () => {
  const { world } = await due();
  expect(await releaser(world)(() => 4_999, {})).toEqual({ sent: 0, unfinished: 64 });
  expect(world.faults.calls).toEqual([]);
});

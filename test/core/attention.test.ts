import { describe, expect, test } from 'vitest';
import {
  claimedEntry,
  delaySecondsUntil,
  entry,
  fitsDelay,
  insertedEntry,
  judgeDue,
  releaseAt,
  waitForReleaseChange,
} from '../../core/attention.ts';
import { dueChange } from '../../core/release.ts';
import { never } from '../../core/table.ts';
import { aJob, jobId, key, now } from './a-job.ts';

/** No lane could be asked. */
const unknown = () => undefined;

describe('times', () => {
  test('an entry lies in the partition of its id', () => {
    expect(entry(jobId, 5)).toEqual({ attention: 'due#09', attentionAt: 5 });
  });

  test('of a long queue from its insert on: a minute after the job’s time', () => {
    expect(insertedEntry(jobId, 1_800_000_000_000)).toEqual({
      attention: 'due#09',
      attentionAt: 1_800_000_060_000,
      attentionStep: 0,
    });
  });

  test('of a long queue from its claim on: 20 s after the lease, unless the job is younger than a minute', () => {
    expect(claimedEntry(jobId, 1_800_000_090_000, 1_800_000_059_999)).toBeUndefined();
    expect(claimedEntry(jobId, 1_800_000_090_000, 1_800_000_060_000)).toEqual({
      attention: 'due#09',
      attentionAt: 1_800_000_110_000,
      attentionStep: 0,
    });
  });

  test('release takes a job 15 minutes before its time', () => {
    expect(releaseAt(1_800_000_900_000)).toBe(1_800_000_000_000);
  });

  test.each([
    [1_799_999_999_999, 0],
    [1_800_000_000_000, 0],
    [1_800_000_000_001, 1],
    [1_800_000_001_000, 1],
    [1_800_000_001_001, 2],
    [1_800_000_900_000, 900],
    [1_800_000_900_001, 900],
    [never, 900],
  ])('DelaySeconds until %d: %d, never early and never above what SQS takes', (at, seconds) => {
    expect(delaySecondsUntil(at, now)).toBe(seconds);
  });

  test('what fits a delayed message', () => {
    expect(fitsDelay(1_800_000_900_000, now)).toBe(true);
    expect(fitsDelay(1_800_000_900_001, now)).toBe(false);
    expect(fitsDelay(1_700_000_000_000, now)).toBe(true);
  });
});

describe('a due entry of a job that is', () => {
  test.each(['completed', 'failed', 'cancelled', 'skipped', 'void'] as const)('%s -> removed', (status) => {
    expect(judgeDue(aJob(status), now, unknown)).toEqual({ do: 'remove' });
  });

  test('running, lease alive -> end of the lease + 20 s', () => {
    expect(judgeDue(aJob('running'), now, unknown)).toEqual({ do: 'postpone', to: 1_800_000_085_000 });
  });

  test('running for an hour under a renewed lease -> no later than that', () => {
    const found = aJob('running', { availableAt: 1_800_000_025_000, startedAt: 1_799_996_400_000 });
    expect(judgeDue(found, now, unknown)).toEqual({ do: 'postpone', to: 1_800_000_045_000 });
  });

  test('running, lease over -> quarantine', () => {
    expect(judgeDue(aJob('running', { availableAt: now }), now, unknown)).toEqual({
      do: 'send',
      why: 'quarantined',
      lane: 'quarantine',
      delaySeconds: 0,
      to: 1_800_000_060_000,
      stepMinutes: 1,
    });
  });

  test('running, lease long over -> the next look is counted from now', () => {
    const found = aJob('running', { availableAt: 1_700_000_000_000, attentionStep: 1 });
    expect(judgeDue(found, now, unknown)).toMatchObject({ to: 1_800_000_120_000, stepMinutes: 2 });
  });

  test.each(['scheduled', 'pending', 'retrying'] as const)(
    '%s, handed over a minute ago -> sent again to its own lane',
    (status) => {
      const found = aJob(status, { availableAt: 1_799_999_940_000, attentionAt: now });
      expect(judgeDue(found, now, unknown)).toEqual({
        do: 'send',
        why: 'resent',
        lane: 'normal',
        delaySeconds: 0,
        to: 1_800_000_060_000,
        stepMinutes: 1,
      });
    },
  );

  describe('in a long queue, and waiting since its pointer went into its lane a minute ago', () => {
    const found = aJob('pending', { availableAt: 1_799_999_940_000, attentionAt: now, attentionStep: 0 });

    test('nothing can be received there -> sent again', () => {
      const sent = { do: 'send', why: 'resent', lane: 'normal', stepMinutes: 1, to: 1_800_000_060_000 };
      expect(judgeDue(found, now, () => 0)).toMatchObject(sent);
      expect(judgeDue(found, now, unknown)).toMatchObject(sent);
    });

    test('others wait there too -> looked at after as long again, and when it starves', () => {
      expect(judgeDue(found, now, () => 1)).toEqual({ do: 'postpone', to: 1_800_000_060_000 });
      const since = { ...found, availableAt: 1_799_999_760_000 };
      expect(judgeDue(since, now, () => 1)).toEqual({ do: 'postpone', to: 1_800_000_060_000 });
    });

    test('sent by release since -> sent again, whoever waits there', () => {
      expect(judgeDue({ ...found, attentionStep: 1 }, now, () => 1)).toMatchObject({ why: 'resent' });
    });
  });

  test('waiting for its time here, release being late -> released', () => {
    const found = aJob('scheduled', { availableAt: 1_799_999_000_000, attentionAt: 1_799_998_100_000 });
    expect(judgeDue(found, now, unknown)).toMatchObject({ why: 'released', lane: 'normal', delaySeconds: 0 });
  });

  test('starving -> one lane up, looked at again after five minutes', () => {
    const found = aJob('pending', { priority: 1, availableAt: 1_799_999_700_000, attentionAt: now });
    expect(judgeDue(found, now, () => 3)).toEqual({
      do: 'send',
      why: 'aged',
      lane: 'normal',
      delaySeconds: 0,
      to: 1_800_000_300_000,
      stepMinutes: 5,
    });
  });

  test('starving while the lane above is full -> looked at again after as long as it has waited', () => {
    const found = aJob('pending', { availableAt: 1_799_999_400_000, attentionAt: now });
    expect(judgeDue(found, now, () => 500)).toEqual({ do: 'postpone', to: 1_800_000_600_000 });
    const since = aJob('pending', { availableAt: 1_799_900_000_000, attentionAt: now });
    expect(judgeDue(since, now, () => 500)).toEqual({ do: 'postpone', to: 1_800_003_600_000 });
  });

  test('buried and not claimed since -> sent to quarantine again, however long it waits', () => {
    const found = aJob('pending', { availableAt: 1_799_999_000_000, buried: 1, shared: 0 });
    expect(judgeDue(found, now, () => 3)).toMatchObject({ why: 'resent', lane: 'quarantine' });
  });

  test('buried once, and claimed since -> its own lane', () => {
    const found = aJob('retrying', {
      availableAt: 1_799_999_940_000,
      attentionAt: now,
      buried: 1,
      shared: 1,
    });
    expect(judgeDue(found, now, unknown)).toMatchObject({ lane: 'normal' });
  });

  test('due within 15 minutes -> sent with the rest as a delay, looked at a minute after its time', () => {
    const found = aJob('scheduled', { availableAt: 1_800_000_899_500, attentionAt: now });
    expect(judgeDue(found, now, unknown)).toEqual({
      do: 'send',
      why: 'released',
      lane: 'normal',
      delaySeconds: 900,
      to: 1_800_000_959_500,
      stepMinutes: 1,
    });
  });

  test('due later (rescheduled since) -> 15 minutes before its time', () => {
    expect(judgeDue(aJob('scheduled', { availableAt: 1_800_003_600_000 }), now, unknown)).toEqual({
      do: 'postpone',
      to: 1_800_002_700_000,
    });
  });

  test.each([
    [undefined, 1, 1_800_000_060_000],
    [1, 2, 1_800_000_120_000],
    [2, 4, 1_800_000_240_000],
    [4, 8, 1_800_000_480_000],
    [8, 16, 1_800_000_960_000],
    [16, 32, 1_800_001_920_000],
    [32, 60, 1_800_003_600_000],
    [60, 60, 1_800_003_600_000],
  ])('sent again after a step of %s min -> %d min', (attentionStep, stepMinutes, to) => {
    expect(judgeDue(aJob('pending', { attentionStep }), now, unknown)).toMatchObject({ stepMinutes, to });
  });

  test.each([
    [undefined, 5, 1_800_000_300_000],
    [1, 5, 1_800_000_300_000],
    [4, 8, 1_800_000_480_000],
    [5, 10, 1_800_000_600_000],
  ])('starving, after a step of %s min -> %d min', (attentionStep, stepMinutes, to) => {
    const found = aJob('pending', { availableAt: 1_799_999_700_000, attentionAt: now, attentionStep });
    expect(judgeDue(found, now, () => 3)).toMatchObject({ why: 'aged', stepMinutes, to });
  });

  // Gates are not built yet: PROTOCOL has "closed gate → ask again", every minute.
  test.fails('parked -> its gate is asked again within the hour', () => {
    const decision = judgeDue(aJob('pending', { availableAt: never, gate: 'paused' }), now, unknown);
    expect(decision).toMatchObject({ do: 'postpone' });
    expect((decision as { to: number }).to).toBeLessThanOrEqual(1_800_003_600_000);
  });

  test('waiting for dependencies -> a pointer, whose receiver looks after them: in a minute, then in 2, 4 … 60', () => {
    const send = { do: 'send', why: 'released', lane: 'normal', delaySeconds: 0 };
    const minutes = (attentionStep?: number) =>
      judgeDue(aJob('waiting_dependencies', { attentionStep }), now, unknown);
    expect(minutes()).toEqual({ ...send, to: 1_800_000_060_000, stepMinutes: 1 });
    expect(minutes(1)).toEqual({ ...send, to: 1_800_000_120_000, stepMinutes: 2 });
    expect(minutes(60)).toEqual({ ...send, to: 1_800_003_600_000, stepMinutes: 60 });
  });

  test('waiting for dependencies, not to run before tomorrow -> a pointer all the same', () => {
    const found = aJob('waiting_dependencies', { availableAt: 1_800_086_400_000 });
    expect(judgeDue(found, now, unknown)).toMatchObject({
      do: 'send',
      delaySeconds: 0,
      to: 1_800_000_060_000,
    });
  });
});

describe('the write of a due entry', () => {
  const found = aJob('retrying', { attention: 'due#09', attentionAt: 1_799_999_990_000, fence: 2 });
  const where = [
    ['attention', '=', 'due#09'],
    ['attentionAt', '=', 1_799_999_990_000],
    ['status', '=', 'retrying'],
    ['fence', '=', 2],
  ];

  test('remove', () => {
    expect(dueChange(found, { do: 'remove' })).toEqual({
      key,
      set: {},
      remove: ['attention', 'attentionAt', 'attentionStep'],
      where,
    });
  });

  test('postpone', () => {
    expect(dueChange(found, { do: 'postpone', to: 1_800_000_500_000 })).toEqual({
      key,
      set: { attention: 'due#09', attentionAt: 1_800_000_500_000 },
      where,
    });
  });

  test('send: the doubled step is remembered', () => {
    const send = {
      do: 'send',
      why: 'released',
      lane: 'normal',
      delaySeconds: 0,
      to: 1_800_000_240_000,
      stepMinutes: 4,
    } as const;
    expect(dueChange(found, send)).toEqual({
      key,
      set: { attention: 'due#09', attentionAt: 1_800_000_240_000, attentionStep: 4 },
      where,
    });
  });
});

test('a job that waits for a far time enters attention, if nothing changed since', () => {
  const found = aJob('retrying', { availableAt: 1_800_001_800_000, fence: 3 });
  expect(waitForReleaseChange(found)).toEqual({
    key,
    set: { attention: 'due#09', attentionAt: 1_800_000_900_000 },
    where: [
      ['status', '=', 'retrying'],
      ['fence', '=', 3],
      ['availableAt', '=', 1_800_001_800_000],
    ],
  });
});

import { describe, expect, test } from 'vitest';
import { judgeBurial } from '../../core/bury.ts';
import type { ClaimMessage } from '../../core/claim.ts';
import type { JobRecord } from '../../core/table.ts';
import { aJob, key, now } from './a-job.ts';

const message: ClaimMessage = { messageId: 'm-2', sentAt: now, receiveCount: 1, quarantine: false };

function changeOf(found: JobRecord) {
  const decision = judgeBurial(found, message, now);
  if (decision.do !== 'rescue' && decision.do !== 'fail') throw new Error(`bury decided ${decision.do}`);
  return decision;
}

/** Buried, and its record waits in attention for a claim. */
function rescued(more: Partial<JobRecord>): JobRecord {
  const entry = { attention: 'due#09', attentionAt: 1_800_000_060_000 };
  return aJob('pending', { buried: 1, shared: 0, message: 'm-1', ...entry, ...more });
}

describe('as a claim would judge', () => {
  test('no record, younger than 60 s -> hidden 1 s, then 5 s', () => {
    expect(judgeBurial(undefined, message, now)).toEqual({ do: 'hide', seconds: 1 });
    expect(judgeBurial(undefined, { ...message, receiveCount: 2 }, now)).toEqual({ do: 'hide', seconds: 5 });
  });
  test('no record, 60 s old -> tombstone', () => {
    const old = { ...message, sentAt: 1_799_999_940_000 };
    expect(judgeBurial(undefined, old, now)).toEqual({ do: 'bury_void' });
  });
  test.each(['void', 'completed', 'failed', 'cancelled', 'skipped'] as const)('%s -> drop', (status) => {
    expect(judgeBurial(aJob(status), message, now)).toEqual({ do: 'drop' });
  });
  test('lease alive and this message -> hidden until the lease is over + 10 s', () => {
    expect(judgeBurial(aJob('running', { message: 'm-2' }), message, now)).toEqual({
      do: 'hide',
      seconds: 75,
    });
  });
  test('lease alive for another 1 ms -> hidden 11 s, never less than the lease', () => {
    const found = aJob('running', { message: 'm-2', availableAt: 1_800_000_000_001 });
    expect(judgeBurial(found, message, now)).toEqual({ do: 'hide', seconds: 11 });
  });
  test('lease alive and another message -> drop', () => {
    expect(judgeBurial(aJob('running', { message: 'm-1' }), message, now)).toEqual({ do: 'drop' });
  });
});

test('lease over, its cancel asked for -> cancelled, whatever attempts are left', () => {
  const lost = { availableAt: now, fence: 3, cancelRequestedAt: now - 1 };
  expect(judgeBurial(aJob('running', lost), message, now)).toEqual({
    do: 'cancel',
    change: {
      key,
      set: {
        status: 'cancelled',
        finishedAt: 1_800_000_000_000,
        availableAt: 1_800_000_000_000,
        expiresAt: 1_802_592_000,
      },
      remove: ['owner', 'attention', 'attentionAt', 'attentionStep'],
      where: [
        ['status', 'in', ['running']],
        ['fence', '=', 3],
        ['availableAt', '<=', 1_800_000_000_000],
      ],
    },
  });
});

describe('attempts left', () => {
  test('lease over -> pending, buried once, in attention for 60 s', () => {
    expect(changeOf(aJob('running', { availableAt: now, fence: 3 }))).toEqual({
      do: 'rescue',
      change: {
        key,
        set: {
          status: 'pending',
          availableAt: 1_800_000_000_000,
          lastError: { code: 'lease_lost', cause: 'lease_lost', attempt: 1, at: 1_800_000_000_000 },
          buried: 1,
          buriedAt: 1_800_000_000_000,
          message: 'm-2',
          shared: 0,
          attention: 'due#09',
          attentionAt: 1_800_000_060_000,
        },
        remove: ['owner'],
        where: [
          ['status', '=', 'running'],
          ['fence', '=', 3],
          ['availableAt', '=', 1_800_000_000_000],
          ['cancelRequestedAt', 'missing'],
        ],
      },
    });
  });

  test('lease over in a shared process -> its attempt is given back, once', () => {
    const { change } = changeOf(
      aJob('running', { availableAt: now, shared: 2, attemptsLeft: 0, attempt: 5 }),
    );
    expect(change.add).toEqual({ attempt: -1, attemptsLeft: 1 });
    expect(change.set.shared).toBe(0);
  });

  test('waiting and due -> stays as it is, in attention for 60 s', () => {
    const { do: what, change } = changeOf(aJob('pending', { availableAt: 1_799_999_000_000, shared: 2 }));
    expect(what).toBe('rescue');
    expect(change.set).toEqual({
      buried: 1,
      buriedAt: 1_800_000_000_000,
      message: 'm-2',
      shared: 0,
      attention: 'due#09',
      attentionAt: 1_800_000_060_000,
    });
    expect(change.add).toBeUndefined();
    expect(change.where).toContainEqual(['availableAt', '=', 1_799_999_000_000]);
  });

  test('waiting for a time within 15 minutes -> in attention 60 s after it', () => {
    const { change } = changeOf(aJob('retrying', { availableAt: 1_800_000_900_000 }));
    expect(change.set.attentionAt).toBe(1_800_000_960_000);
    expect(change.set.availableAt).toBeUndefined();
  });

  test('waiting for a far time -> in attention 15 minutes before it', () => {
    const { change } = changeOf(aJob('scheduled', { availableAt: 1_800_001_000_000 }));
    expect(change.set.attentionAt).toBe(1_800_000_100_000);
  });

  test('buried again and again without a claim -> rescued each time, and counted', () => {
    const { do: what, change } = changeOf(rescued({ buried: 40 }));
    expect(what).toBe('rescue');
    expect(change.set.buried).toBe(41);
  });

  test.each([
    ['claimed since, and settled', aJob('retrying', { buried: 40, shared: 1 })],
    ['claimed since, and lost', aJob('running', { buried: 40, shared: 1, availableAt: now })],
    ['retried by a person since', aJob('pending', { buried: 0, shared: 0, buriedAt: now })],
  ])('%s -> counted anew', (_, found) => {
    expect(changeOf(found).change.set.buried).toBe(1);
  });
});

describe('buried, and not claimed since', () => {
  const sent = (sentAt: number): ClaimMessage => ({ ...message, sentAt });
  test('the same message again -> its pointer again, and nothing is counted', () => {
    expect(judgeBurial(rescued({ message: 'm-2' }), message, now)).toEqual({ do: 'send_again' });
  });
  test('the same message, when the job was claimed through another since -> as any other', () => {
    expect(judgeBurial(aJob('running', { message: 'm-3', buried: 1 }), message, now)).toEqual({ do: 'drop' });
  });
  test('a message more than a minute older than the last burial -> drop: what that one sent is on its way', () => {
    const found = rescued({ buriedAt: 1_800_000_000_000 });
    expect(judgeBurial(found, sent(1_799_999_939_999), now)).toEqual({ do: 'drop' });
    expect(judgeBurial(found, sent(1_799_999_940_000), now).do).toBe('rescue');
  });
  test('an old message of a job that nothing else looks after -> rescued', () => {
    const { attention, attentionAt, ...found } = rescued({ buriedAt: now });
    expect(judgeBurial(found, sent(1), now).do).toBe('rescue');
  });
});

test('how the process died is kept: as the last error, or beside the burial', () => {
  const death = { cause: 'timeout', requestId: 'r-1', logStream: 's-1' } as const;
  const where = { shared: 10, requestId: 'r-1', logStream: 's-1' };
  const lost = { availableAt: now, shared: 10, attempt: 2, attemptsLeft: 3 };
  const errorOf = (found: ReturnType<typeof aJob>) => {
    const decision = judgeBurial(found, message, now, death);
    return 'change' in decision ? decision.change.set.lastError : undefined;
  };
  expect(errorOf(aJob('running', lost))).toEqual({
    ...{ code: 'timeout', cause: 'timeout', attempt: 2, at: 1_800_000_000_000 },
    ...where,
  });
  const last = { availableAt: now, attempt: 5, attemptsLeft: 0 };
  expect(errorOf(aJob('running', { ...last, shared: 1 }))).toEqual({
    ...{ code: 'buried', cause: 'buried', attempt: 5, at: 1_800_000_000_000 },
    ...{ requestId: 'r-1', logStream: 's-1' },
  });
  expect(errorOf(aJob('pending', last))).toEqual({
    ...{ code: 'buried', cause: 'buried', attempt: 5, at: 1_800_000_000_000 },
  });
});

describe('given up', () => {
  test('with no attempt left', () => {
    expect(changeOf(aJob('pending', { attempt: 5, attemptsLeft: 0, fence: 6 }))).toEqual({
      do: 'fail',
      change: {
        key,
        set: {
          status: 'failed',
          finishedAt: 1_800_000_000_000,
          availableAt: 1_800_000_000_000,
          expiresAt: 1_802_592_000,
          buried: 1,
          lastError: { code: 'buried', cause: 'buried', attempt: 5, at: 1_800_000_000_000 },
          fingerprint: '27bbbd1762fd46c3',
          attention: 'acme#failed#5',
          attentionAt: 1_800_000_000_000,
        },
        remove: ['owner', 'attentionStep'],
        where: [
          ['status', '=', 'pending'],
          ['fence', '=', 6],
          ['availableAt', '=', 1_800_000_000_000],
        ],
      },
    });
  });

  test.each([
    ['a lost lease with none left', aJob('running', { availableAt: now, attempt: 5, attemptsLeft: 0 })],
    ['waiting with none left', aJob('pending', { attempt: 5, attemptsLeft: 0 })],
    [
      'a lost lease of a job of one attempt, in a shared process',
      aJob('running', { availableAt: now, attempt: 1, attemptsLeft: 0, shared: 10 }),
    ],
  ])('%s, at the first burial', (_, found) => {
    const { do: what, change } = changeOf(found);
    expect(what).toBe('fail');
    expect(change.set.lastError?.cause).toBe('buried');
    expect(change.set.buried).toBe(1);
  });

  test('a waiting job’s shared process gives nothing back: its attempt was settled', () => {
    expect(changeOf(aJob('retrying', { shared: 10, attempt: 5, attemptsLeft: 0 })).do).toBe('fail');
  });
});

import { describe, expect, test } from 'vitest';
import {
  type ClaimMessage,
  claimChange,
  givesBack,
  hideAfterFault,
  judgeClaim,
  startsLeft,
  takeOverChange,
} from '../../core/claim.ts';
import { never } from '../../core/table.ts';
import { aJob, key, now } from './a-job.ts';

const holder = { owner: 'me', leaseMs: 65_000, codeVersion: 'c1' };

function message(more: Partial<ClaimMessage> = {}): ClaimMessage {
  return { messageId: 'm-2', sentAt: now, receiveCount: 1, quarantine: false, ...more };
}

const judge = (found: ReturnType<typeof aJob> | undefined, more: Partial<ClaimMessage> = {}) =>
  judgeClaim(found, message(more), 'me', now);

test('after a fault of AWS a message is hidden longer with each receive, a minute at most', () => {
  expect([1, 2, 3, 4, 5, 6, 20, 1_000].map(hideAfterFault)).toEqual([5, 10, 20, 40, 60, 60, 60, 60]);
  // Some receives of SQS are not counted.
  expect(hideAfterFault(0)).toBe(5);
});

describe('the claim', () => {
  test('as a literal', () => {
    expect(claimChange(key, message(), holder, 7, now)).toEqual({
      key,
      set: {
        status: 'running',
        owner: 'me',
        message: 'm-2',
        shared: 7,
        availableAt: 1_800_000_065_000,
        startedAt: 1_800_000_000_000,
        codeVersion: 'c1',
      },
      add: { fence: 1, attempt: 1, attemptsLeft: -1 },
      remove: ['gate', 'progress'],
      where: [
        ['status', 'in', ['scheduled', 'pending', 'retrying']],
        ['availableAt', '<=', 1_800_000_000_000],
        ['attemptsLeft', '>', 0],
      ],
    });
  });

  test('in a long queue: whose job is a minute old, it is looked at 20 s after the lease', () => {
    const watching = { owner: 'me', leaseMs: 30_000, watches: true, codeVersion: 'c1' } as const;
    const later = 1_800_000_060_000;
    const entry = { attention: 'due#09', attentionAt: 1_800_000_110_000, attentionStep: 0 };
    expect(claimChange(key, message(), watching, 1, later).set).toMatchObject(entry);
    const lost = aJob('running', { availableAt: now, fence: 4, shared: 1 });
    const taken = takeOverChange(lost, message(), watching, { cause: 'lease_lost' }, later);
    expect(taken.set).toMatchObject(entry);
    expect(claimChange(key, message(), watching, 1, now).set).not.toHaveProperty('attention');
  });

  test('takes over a job that ran alone: a new attempt', () => {
    const found = aJob('running', { availableAt: now, fence: 4, shared: 1 });
    expect(
      takeOverChange(
        found,
        message({ quarantine: true }),
        holder,
        { cause: 'out_of_memory', requestId: 'r-1', logStream: 's-1' },
        now,
      ),
    ).toEqual({
      key,
      set: {
        status: 'running',
        owner: 'me',
        message: 'm-2',
        shared: 1,
        availableAt: 1_800_000_065_000,
        startedAt: 1_800_000_000_000,
        codeVersion: 'c1',
        lastError: {
          code: 'out_of_memory',
          cause: 'out_of_memory',
          attempt: 1,
          at: 1_800_000_000_000,
          requestId: 'r-1',
          logStream: 's-1',
        },
      },
      add: { fence: 1, attempt: 1, attemptsLeft: -1 },
      remove: ['progress'],
      where: [
        ['status', 'in', ['running']],
        ['fence', '=', 4],
        ['availableAt', '<=', 1_800_000_000_000],
      ],
    });
  });

  test('takes over a job that shared its process: the lost attempt again, under a new fence', () => {
    const found = aJob('running', { availableAt: now, shared: 2 });
    expect(takeOverChange(found, message(), holder, { cause: 'lease_lost' }, now).add).toEqual({ fence: 1 });
  });

  test('takes over a job of one attempt that shared its process: nothing is given back', () => {
    const found = aJob('running', { attempt: 1, attemptsLeft: 0, shared: 10 });
    expect(takeOverChange(found, message(), holder, { cause: 'lease_lost' }, now).add).toEqual({
      fence: 1,
      attempt: 1,
      attemptsLeft: -1,
    });
  });

  test.each([
    { shared: undefined, attempt: 1, attemptsLeft: 1, back: false, starts: 1 },
    { shared: 0, attempt: 1, attemptsLeft: 1, back: false, starts: 1 },
    { shared: 1, attempt: 5, attemptsLeft: 0, back: false, starts: 0 },
    { shared: 2, attempt: 5, attemptsLeft: 0, back: true, starts: 1 },
    { shared: 2, attempt: 2, attemptsLeft: 0, back: true, starts: 1 },
    { shared: 10, attempt: 1, attemptsLeft: 4, back: true, starts: 5 },
    { shared: 10, attempt: 1, attemptsLeft: 0, back: false, starts: 0 },
  ])('shared $shared, attempt $attempt, $attemptsLeft left: $starts starts left', (row) => {
    const { back, starts, ...fields } = row;
    expect(givesBack(aJob('running', fields))).toBe(back);
    expect(startsLeft(aJob('running', fields))).toBe(starts);
  });
});

describe('no record', () => {
  test('message younger than 60 s, first receive -> hidden 1 s', () => {
    expect(judge(undefined, { sentAt: 1_799_999_940_001 })).toEqual({ do: 'hide', seconds: 1 });
  });
  test('message younger than 60 s, later receives -> hidden 5 s', () => {
    expect(judge(undefined, { receiveCount: 2 })).toEqual({ do: 'hide', seconds: 5 });
    expect(judge(undefined, { receiveCount: 19 })).toEqual({ do: 'hide', seconds: 5 });
  });
  test('message of 60 s -> tombstone, then drop', () => {
    expect(judge(undefined, { sentAt: 1_799_999_940_000 })).toEqual({ do: 'bury_void' });
  });
});

describe('nothing is left to do', () => {
  test.each(['void', 'completed', 'failed', 'cancelled', 'skipped'] as const)('%s -> drop', (status) => {
    expect(judge(aJob(status))).toEqual({ do: 'drop' });
  });
  test('final comes before due, attempts and entries', () => {
    const found = aJob('failed', { availableAt: 1_800_000_030_000, attemptsLeft: 0 });
    expect(judge(found)).toEqual({ do: 'drop' });
  });
});

describe('running, lease alive', () => {
  const mine = aJob('running', { owner: 'me', message: 'm-2', availableAt: 1_800_000_065_000 });
  test('my owner -> go on: the answer of my claim was lost', () => {
    expect(judge(mine)).toEqual({ do: 'go_on', record: mine });
  });
  test('my owner, 5.001 s of lease left -> go on', () => {
    const found = { ...mine, availableAt: 1_800_000_005_001 };
    expect(judge(found)).toEqual({ do: 'go_on', record: found });
  });
  test('my owner, 5 s of lease left -> hidden until the lease is over + 10 s', () => {
    expect(judge({ ...mine, availableAt: 1_800_000_005_000 })).toEqual({ do: 'hide', seconds: 15 });
  });
  test('this message -> hidden until the lease is over + 10 s', () => {
    expect(judge(aJob('running', { message: 'm-2' }))).toEqual({ do: 'hide', seconds: 75 });
  });
  test('this message, 1 ms left -> hidden 11 s, never less than the lease', () => {
    const found = aJob('running', { message: 'm-2', availableAt: 1_800_000_000_001 });
    expect(judge(found)).toEqual({ do: 'hide', seconds: 11 });
  });
  test('another message -> drop', () => {
    expect(judge(aJob('running', { message: 'm-1' }))).toEqual({ do: 'drop' });
  });
  test('another message, in quarantine -> hidden: by its sender’s clock the lease was over', () => {
    expect(judge(aJob('running', { message: 'm-1' }), { quarantine: true })).toEqual({
      do: 'hide',
      seconds: 75,
    });
  });
  test('another message, in quarantine -> hidden until the lease is over + 10 s: it may be the only pointer', () => {
    expect(judge(aJob('running', { message: 'm-1' }), { quarantine: true })).toEqual({
      do: 'hide',
      seconds: 75,
    });
  });
  test('a cancel request changes nothing while the lease is alive', () => {
    expect(judge(aJob('running', { message: 'm-1', cancelRequestedAt: now }))).toEqual({ do: 'drop' });
  });
});

describe('running, lease over', () => {
  const over = { availableAt: now, message: 'm-1' };
  test('cancel asked for -> settle cancelled, with attempts left', () => {
    const found = aJob('running', { ...over, cancelRequestedAt: 1_799_999_999_000 });
    expect(judge(found)).toEqual({ do: 'settle_cancelled', found });
  });
  test('cancel asked for -> settle cancelled, with none left', () => {
    const found = aJob('running', { ...over, cancelRequestedAt: now, attemptsLeft: 0 });
    expect(judge(found)).toEqual({ do: 'settle_cancelled', found });
  });
  test('attempts left, in quarantine -> take over', () => {
    const found = aJob('running', over);
    expect(judge(found, { quarantine: true })).toEqual({ do: 'take_over', found });
  });
  test('attempts left, elsewhere -> pointer to quarantine', () => {
    expect(judge(aJob('running', over))).toEqual({ do: 'quarantine' });
  });
  test('none left but the one that a shared process gives back -> quarantine, and there take over', () => {
    const found = aJob('running', { ...over, attempt: 5, attemptsLeft: 0, shared: 10 });
    expect(judge(found)).toEqual({ do: 'quarantine' });
    expect(judge(found, { quarantine: true })).toEqual({ do: 'take_over', found });
  });
  test('none left -> settle failed, lease_lost, in every lane', () => {
    const found = aJob('running', { ...over, attempt: 5, attemptsLeft: 0, shared: 1 });
    expect(judge(found)).toEqual({ do: 'settle_failed', found, cause: 'lease_lost' });
    expect(judge(found, { quarantine: true })).toEqual({ do: 'settle_failed', found, cause: 'lease_lost' });
  });
  test('one attempt at most: a lost lease is final although the process was shared', () => {
    const found = aJob('running', { ...over, attempt: 1, attemptsLeft: 0, shared: 10 });
    expect(judge(found)).toEqual({ do: 'settle_failed', found, cause: 'lease_lost' });
  });
  test('my own claim whose lease is over is nobody’s -> quarantine', () => {
    expect(judge(aJob('running', { ...over, owner: 'me', message: 'm-2' }))).toEqual({ do: 'quarantine' });
  });
});

describe('not running', () => {
  test('none left -> settle failed, attempts_exhausted, due or not, with an entry or not', () => {
    const due = aJob('pending', { attempt: 5, attemptsLeft: 0 });
    expect(judge(due)).toEqual({ do: 'settle_failed', found: due, cause: 'attempts_exhausted' });
    const later = aJob('retrying', { attemptsLeft: 0, availableAt: never, attention: 'due#09' });
    expect(judge(later)).toEqual({ do: 'settle_failed', found: later, cause: 'attempts_exhausted' });
  });
  test('due in 30.001 s -> hidden 31 s', () => {
    expect(judge(aJob('scheduled', { availableAt: 1_800_000_030_001 }))).toEqual({ do: 'hide', seconds: 31 });
  });
  test('due in 60 s -> hidden 60 s, the longest; with an entry too', () => {
    const found = aJob('retrying', { availableAt: 1_800_000_060_000 });
    expect(judge(found)).toEqual({ do: 'hide', seconds: 60 });
    expect(judge({ ...found, attention: 'due#09' })).toEqual({ do: 'hide', seconds: 60 });
  });
  test('due since the claim -> hidden 1 s', () => {
    expect(judge(aJob('pending'))).toEqual({ do: 'hide', seconds: 1 });
    expect(judge(aJob('pending', { availableAt: 1_700_000_000_000 }))).toEqual({ do: 'hide', seconds: 1 });
  });
  test('due in 60.001 s with an attention entry -> drop: release owns it', () => {
    const found = aJob('retrying', { availableAt: 1_800_000_060_001, attention: 'due#09' });
    expect(judge(found)).toEqual({ do: 'drop' });
  });
  test('parked, with its entry -> drop', () => {
    const found = aJob('pending', { availableAt: never, gate: 'paused', attention: 'due#09' });
    expect(judge(found)).toEqual({ do: 'drop' });
  });
  test('waiting for dependencies -> look whether they have ended', () => {
    const found = aJob('waiting_dependencies');
    expect(judge(found)).toEqual({ do: 'look', found });
  });
  test('due in 60.001 s without an entry -> a fresh pointer', () => {
    const record = aJob('retrying', { availableAt: 1_800_000_060_001, attempt: 4, attemptsLeft: 1 });
    expect(judge(record)).toEqual({ do: 'send_again', record });
  });
});

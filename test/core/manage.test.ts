import { describe, expect, test } from 'vitest';
import { askCancelChange, cancelChange, reopenChange } from '../../core/manage.ts';
import { aJob, key, now, sealed } from './a-job.ts';
import { apply } from './apply.ts';

const failed = aJob('failed', { fence: 6, attempt: 5, attemptsLeft: 0, buried: 3, shared: 10 });

describe('retry by a person', () => {
  test('every attempt anew, an entry due in 60 s, nothing left of the last run', () => {
    expect(reopenChange(failed, undefined, now)).toEqual({
      key,
      set: {
        status: 'pending',
        availableAt: 1_800_000_000_000,
        attempt: 0,
        attemptsLeft: 5,
        buried: 0,
        shared: 0,
        attention: 'due#09',
        attentionAt: 1_800_000_060_000,
      },
      remove: [
        ...['cancelRequestedAt', 'owner', 'message', 'finishedAt', 'expiresAt'],
        ...['attentionStep', 'progress', 'unopened', 'result', 'fingerprint'],
      ],
      where: [
        ['status', 'in', ['failed', 'cancelled']],
        ['fence', '=', 6],
        ['availableAt', '=', 1_800_000_000_000],
      ],
    });
  });

  test('with an edited payload', () => {
    const edited = { ...sealed, key_id: 'v2' };
    expect(reopenChange(failed, edited, now).set.payload).toEqual(edited);
    expect(reopenChange(failed, undefined, now).set).not.toHaveProperty('payload');
  });

  test('is never final by a clock: the record no longer expires', () => {
    const after = apply({ ...failed, cancelRequestedAt: now }, reopenChange(failed, undefined, now));
    expect(after).not.toHaveProperty('expiresAt');
    expect(after).not.toHaveProperty('cancelRequestedAt');
  });

  test('of two at once, a cancel between them, gives no attempt twice', () => {
    const first = reopenChange(failed, undefined, now);
    const second = reopenChange(failed, undefined, now);
    const reopened = apply(failed, first);
    const cancelled = reopened && apply(reopened, cancelChange(reopened, now));
    const again = cancelled && apply(cancelled, second);
    expect(again).toMatchObject({ status: 'pending', attempt: 0, attemptsLeft: 5 });
  });
});

test('cancel of a job that waits: final, no gate, no entry', () => {
  expect(cancelChange(aJob('retrying', { fence: 2 }), now)).toEqual({
    key,
    set: {
      status: 'cancelled',
      finishedAt: 1_800_000_000_000,
      availableAt: 1_800_000_000_000,
      expiresAt: 1_802_592_000,
    },
    remove: ['owner', 'gate', 'attention', 'attentionAt', 'attentionStep'],
    where: [
      ['status', 'in', ['waiting_dependencies', 'scheduled', 'pending', 'retrying']],
      ['fence', '=', 2],
      ['availableAt', '=', 1_800_000_030_000],
    ],
  });
});

test('a cancelled job is kept 30 days and not a second less', () => {
  expect(cancelChange(aJob('pending'), 1_800_000_000_001).set.expiresAt).toBe(1_802_592_001);
});

test('a cancel of a job that runs is asked of this holder, who goes on holding it', () => {
  expect(askCancelChange(aJob('running', { fence: 3 }), now)).toEqual({
    key,
    set: { cancelRequestedAt: 1_800_000_000_000 },
    where: [
      ['status', 'in', ['running']],
      ['fence', '=', 3],
    ],
  });
});

import { describe, expect, test } from 'vitest';
import { cancelLostChange, failLostChange } from '../../core/lost.ts';
import type { Failure } from '../../core/retry.ts';
import { isSettled, judgeSettle, keptMs, settle, settleCancelled } from '../../core/settle.ts';
import { jobStates } from '../../core/state.ts';
import { aJob, key, now, sealed } from './a-job.ts';

const network: Failure = { kind: 'transient', code: 'network', cause: 'transient_error' };
const rejected: Failure = { kind: 'permanent', code: 'rejected', cause: 'permanent_error' };
const entry = { attention: 'due#09', attentionAt: 1_800_000_060_000, attentionStep: 4 };

const held = aJob('running', { fence: 7, attempt: 2, attemptsLeft: 3 });
const mine = [
  ['status', 'in', ['running']],
  ['fence', '=', 7],
];
const ended = {
  finishedAt: 1_800_000_000_000,
  availableAt: 1_800_000_000_000,
  expiresAt: 1_802_592_000,
};

test('jobs are kept 30 days', () => {
  expect(keptMs).toBe(2_592_000_000);
});

describe('returned -> completed', () => {
  test('one write, no index, no pointer', () => {
    expect(settle(held, { kind: 'returned', result: sealed }, now, 0.5)).toEqual({
      to: 'completed',
      change: { key, set: { status: 'completed', result: sealed, ...ended }, remove: [], where: mine },
    });
  });

  test('takes its attention entry off', () => {
    const { change } = settle({ ...held, ...entry }, { kind: 'returned', result: sealed }, now, 0.5);
    expect(change.remove).toEqual(['attention', 'attentionAt', 'attentionStep']);
  });

  test('expires at the next whole second, never before its 30 days', () => {
    const { change } = settle(held, { kind: 'returned', result: sealed }, 1_800_000_000_001, 0.5);
    expect(change.set.expiresAt).toBe(1_802_592_001);
  });
});

describe('failed', () => {
  test('with attempts left -> retrying: pointer after the record, not over a cancel request', () => {
    expect(settle(held, { kind: 'failed', failure: network }, now, 0.5)).toEqual({
      to: 'retrying',
      change: {
        key,
        set: {
          status: 'retrying',
          availableAt: 1_800_000_060_000,
          lastError: { code: 'network', cause: 'transient_error', attempt: 2, at: 1_800_000_000_000 },
        },
        where: [...mine, ['cancelRequestedAt', 'missing']],
      },
      sendAt: 1_800_000_060_000,
    });
  });

  test('with an entry -> the entry moves to a minute after the next attempt', () => {
    const { change } = settle({ ...held, ...entry }, { kind: 'failed', failure: network }, now, 0.5);
    expect(change.set).toMatchObject({ attention: 'due#09', attentionAt: 1_800_000_120_000 });
  });

  test('with a step that release had doubled -> the first step again', () => {
    const doubled = { ...held, ...entry };
    expect(settle(doubled, { kind: 'failed', failure: network }, now, 0.5).change.remove).toEqual([
      'attentionStep',
    ]);
    expect(settle(doubled, { kind: 'not_started' }, now, 0.5).change.remove).toEqual(['attentionStep']);
  });

  test('with an entry whose pointer went first -> that is still so', () => {
    const watched = { ...held, ...entry, attentionStep: 0 };
    const { change } = settle(watched, { kind: 'failed', failure: network }, now, 0.5);
    expect(change).not.toHaveProperty('remove');
    expect(change.set).toMatchObject({ attentionAt: 1_800_000_120_000 });
  });

  test('a delay of 15 minutes fits a message', () => {
    const asked = { ...network, retryAfterSeconds: 450 };
    const settlement = settle(held, { kind: 'failed', failure: asked }, now, 0);
    expect(settlement.sendAt).toBe(1_800_000_900_000);
    expect(settlement.change.set.attention).toBeUndefined();
  });

  test('a longer delay waits in attention until 15 minutes before its time, and sends nothing', () => {
    const asked = { ...network, retryAfterSeconds: 451 };
    const settlement = settle(held, { kind: 'failed', failure: asked }, now, 0);
    expect(settlement.to).toBe('retrying');
    expect(settlement).not.toHaveProperty('sendAt');
    expect(settlement.change.set).toMatchObject({
      availableAt: 1_800_000_902_000,
      attention: 'due#09',
      attentionAt: 1_800_000_002_000,
    });
  });

  test('permanently -> failed, in sight of a person', () => {
    expect(settle(held, { kind: 'failed', failure: rejected }, now, 0.5)).toEqual({
      to: 'failed',
      change: {
        key,
        set: {
          status: 'failed',
          ...ended,
          lastError: { code: 'rejected', cause: 'permanent_error', attempt: 2, at: 1_800_000_000_000 },
          fingerprint: '5402b2198fad367f',
          attention: 'acme#failed#5',
          attentionAt: 1_800_000_000_000,
        },
        remove: ['attentionStep'],
        where: mine,
      },
    });
  });

  test('in the group of what was thrown', () => {
    const fingerprint = '57d20ae1b6927b3b';
    const settlement = settle(held, { kind: 'failed', failure: rejected, fingerprint }, now, 0.5);
    expect(settlement.change.set.fingerprint).toBe(fingerprint);
    const waits = settle(held, { kind: 'failed', failure: network, fingerprint }, now, 0.5);
    expect(waits.change.set).not.toHaveProperty('fingerprint');
  });

  test('with none left -> failed, with the cause of the last attempt', () => {
    const last = { ...held, attempt: 5, attemptsLeft: 0 };
    const settlement = settle(last, { kind: 'failed', failure: network }, now, 0.5);
    expect(settlement.to).toBe('failed');
    expect(settlement.change.set.lastError).toEqual({
      code: 'network',
      cause: 'transient_error',
      attempt: 5,
      at: 1_800_000_000_000,
    });
  });
});

describe('not started -> pending', () => {
  test('the attempt is given back, the pointer follows', () => {
    expect(settle(held, { kind: 'not_started' }, now, 0.5)).toEqual({
      to: 'pending',
      change: {
        key,
        set: { status: 'pending', availableAt: 1_800_000_000_000 },
        add: { attempt: -1, attemptsLeft: 1 },
        where: [...mine, ['cancelRequestedAt', 'missing']],
      },
      sendAt: 1_800_000_000_000,
    });
  });

  test('with an entry -> it moves to a minute from now', () => {
    const { change } = settle({ ...held, ...entry }, { kind: 'not_started' }, now, 0.5);
    expect(change.set).toMatchObject({ attention: 'due#09', attentionAt: 1_800_000_060_000 });
  });
});

describe('snoozed -> scheduled', () => {
  test('the attempt is given back, a delayed pointer follows', () => {
    expect(settle(held, { kind: 'snoozed', delayMs: 900_000 }, now, 0.5)).toEqual({
      to: 'scheduled',
      change: {
        key,
        set: { status: 'scheduled', availableAt: 1_800_000_900_000 },
        add: { attempt: -1, attemptsLeft: 1 },
        where: [...mine, ['cancelRequestedAt', 'missing']],
      },
      sendAt: 1_800_000_900_000,
    });
  });

  test('beyond 15 minutes: no pointer, an entry for release', () => {
    const settlement = settle(held, { kind: 'snoozed', delayMs: 900_001 }, now, 0.5);
    expect(settlement.change.set).toMatchObject({ attention: 'due#09', attentionAt: 1_800_000_000_001 });
    expect(settlement).not.toHaveProperty('sendAt');
  });

  test('with an entry -> it moves to a minute after its time', () => {
    const { change } = settle({ ...held, ...entry }, { kind: 'snoozed', delayMs: 5_000 }, now, 0.5);
    expect(change.set).toMatchObject({ attention: 'due#09', attentionAt: 1_800_000_065_000 });
  });
});

describe('cancelled', () => {
  test('by its holder', () => {
    expect(settleCancelled(held, now)).toEqual({
      to: 'cancelled',
      change: { key, set: { status: 'cancelled', ...ended }, remove: [], where: mine },
    });
    expect(settleCancelled({ ...held, ...entry }, now).change.remove).toEqual([
      'attention',
      'attentionAt',
      'attentionStep',
    ]);
  });

  test('by whoever finds its lease over', () => {
    expect(cancelLostChange(held, now)).toEqual({
      key,
      set: { status: 'cancelled', ...ended },
      remove: ['owner', 'attention', 'attentionAt', 'attentionStep'],
      where: [...mine, ['availableAt', '<=', 1_800_000_000_000]],
    });
  });
});

describe('failed by whoever finds it', () => {
  test('lease over, none left', () => {
    expect(failLostChange({ ...held, attempt: 5, attemptsLeft: 0 }, { cause: 'lease_lost' }, now)).toEqual({
      key,
      set: {
        status: 'failed',
        ...ended,
        lastError: { code: 'lease_lost', cause: 'lease_lost', attempt: 5, at: 1_800_000_000_000 },
        fingerprint: 'd12b96580852adec',
        attention: 'acme#failed#5',
        attentionAt: 1_800_000_000_000,
      },
      remove: ['owner', 'attentionStep'],
      where: [...mine, ['availableAt', '<=', 1_800_000_000_000], ['cancelRequestedAt', 'missing']],
    });
  });

  test('waiting, none left', () => {
    const found = aJob('retrying', { fence: 5, attempt: 5, attemptsLeft: 0 });
    const change = failLostChange(found, 'attempts_exhausted', now);
    expect(change.set.lastError).toEqual({
      code: 'attempts_exhausted',
      cause: 'attempts_exhausted',
      attempt: 5,
      at: 1_800_000_000_000,
    });
    expect(change.where).toEqual([
      ['status', '=', 'retrying'],
      ['fence', '=', 5],
    ]);
  });
});

describe('a settle that was not applied', () => {
  const claimed = { ...held, owner: 'me' };
  test.each([
    ['no record -> lost', undefined, 'lost'],
    ['another fence -> lost', { ...claimed, status: 'completed', fence: 8 }, 'lost'],
    [
      'my fence, no owner (someone else settled it) -> lost',
      { ...claimed, status: 'failed', owner: undefined },
      'lost',
    ],
    ['my fence, another owner -> lost', { ...claimed, status: 'completed', owner: 'you' }, 'lost'],
    ['my fence and owner, completed -> settled', { ...claimed, status: 'completed' }, 'settled'],
    ['my fence and owner, retrying -> settled', { ...claimed, status: 'retrying' }, 'settled'],
    ['my fence and owner, pending -> settled', { ...claimed, status: 'pending' }, 'settled'],
    ['still mine, cancel asked for -> cancel', { ...claimed, cancelRequestedAt: now }, 'cancel'],
    ['still mine, nothing asked for -> lost', claimed, 'lost'],
  ] as const)('%s', (_, found, decision) => {
    expect(judgeSettle(claimed, found)).toBe(decision);
  });
});

test('settled is what only a person can change', () => {
  const settled = [...jobStates, 'void' as const].filter((each) => isSettled(aJob(each)));
  expect(settled).toEqual(['completed', 'failed', 'cancelled', 'skipped', 'void']);
});

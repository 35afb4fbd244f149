import { describe, expect, test } from 'vitest';
import { judgeBurial } from '../../core/bury.ts';
import type { Change } from '../../core/change.ts';
import { claimChange, takeOverChange } from '../../core/claim.ts';
import { metChange, missedChange } from '../../core/dependencies.ts';
import { cancelLostChange, failLostChange } from '../../core/lost.ts';
import { cancelChange, reopenChange } from '../../core/manage.ts';
import { judgePatch } from '../../core/patch.ts';
import { settle } from '../../core/settle.ts';
import {
  finalStates,
  isFinal,
  isWaiting,
  type JobState,
  jobStates,
  reachedStates,
  type TransitionName,
  transitions,
} from '../../core/state.ts';
import type { JobRecord } from '../../core/table.ts';
import { aJob, key, now, sealed } from './a-job.ts';
import { apply } from './apply.ts';

const waiting: JobState[] = ['scheduled', 'pending', 'retrying'];

/** Every arrow there is: written out, not taken from the constant under test. */
const arrows: Record<TransitionName, { from: JobState[]; to: JobState }> = {
  meet: { from: ['waiting_dependencies'], to: 'pending' },
  delay_met: { from: ['waiting_dependencies'], to: 'scheduled' },
  miss: { from: ['waiting_dependencies'], to: 'cancelled' },
  claim: { from: waiting, to: 'running' },
  take_over: { from: ['running'], to: 'running' },
  complete: { from: ['running'], to: 'completed' },
  retry_later: { from: ['running'], to: 'retrying' },
  hand_back: { from: ['running'], to: 'pending' },
  snooze: { from: ['running'], to: 'scheduled' },
  fail: { from: ['running'], to: 'failed' },
  lose_lease: { from: ['running'], to: 'failed' },
  exhaust: { from: waiting, to: 'failed' },
  bury: { from: ['scheduled', 'pending', 'retrying', 'running'], to: 'failed' },
  rescue: { from: ['running'], to: 'pending' },
  cancel: { from: ['waiting_dependencies', ...waiting], to: 'cancelled' },
  cancel_running: { from: ['running'], to: 'cancelled' },
  postpone: { from: ['scheduled', 'pending'], to: 'scheduled' },
  hasten: { from: ['scheduled', 'pending'], to: 'pending' },
  reopen: { from: ['failed', 'cancelled'], to: 'pending' },
};

const message = { messageId: 'm-2', sentAt: now, receiveCount: 1, quarantine: true };
const holder = { owner: 'me', leaseMs: 65_000, codeVersion: 'c1' };
const transient = { kind: 'transient', code: 'network', cause: 'transient_error' } as const;
const permanent = { kind: 'permanent', code: 'rejected', cause: 'permanent_error' } as const;

function burial(seen: JobRecord): Change {
  const decision = judgeBurial(seen, message, now);
  if (decision.do !== 'fail' && decision.do !== 'rescue') throw new Error(`bury decided ${decision.do}`);
  return decision.change;
}

function patched(seen: JobRecord, availableAt: number): Change {
  const judged = judgePatch(seen, { availableAt }, now);
  if ('problem' in judged) throw new Error(judged.problem.error);
  return judged.change;
}

/** The write of each event, as it is decided by whoever saw the record `seen`. */
const writes: Record<TransitionName, (seen: JobRecord) => Change> = {
  meet: (seen) => metChange(seen, now),
  delay_met: (seen) => metChange({ ...seen, dependencies: { delayMs: 5_000 } }, now),
  miss: (seen) => missedChange(seen, key.sk, now),
  claim: () => claimChange(key, message, holder, 1, now),
  take_over: (seen) => takeOverChange(seen, message, holder, { cause: 'lease_lost' }, now),
  complete: (seen) => settle(seen, { kind: 'returned', result: sealed }, now, 0.5).change,
  retry_later: (seen) => settle(seen, { kind: 'failed', failure: transient }, now, 0.5).change,
  hand_back: (seen) => settle(seen, { kind: 'not_started' }, now, 0.5).change,
  snooze: (seen) => settle(seen, { kind: 'snoozed', delayMs: 5_000 }, now, 0.5).change,
  fail: (seen) => settle(seen, { kind: 'failed', failure: permanent }, now, 0.5).change,
  lose_lease: (seen) => failLostChange(seen, { cause: 'lease_lost' }, now),
  exhaust: (seen) => failLostChange(seen, 'attempts_exhausted', now),
  bury: (seen) => burial({ ...seen, attemptsLeft: 0 }),
  rescue: (seen) => burial(seen),
  cancel: (seen) => cancelChange(seen, now),
  cancel_running: (seen) => cancelLostChange(seen, now),
  postpone: (seen) => patched(seen, 1_800_000_060_000),
  hasten: (seen) => patched(seen, now),
  reopen: (seen) => reopenChange(seen, undefined, now),
};

/** Everything but the state is as each write wants it: so nothing but the state can forbid it. */
const ready = (status: JobState) => aJob(status, { availableAt: now, fence: 1, attempt: 1, attemptsLeft: 4 });

const events = Object.keys(arrows) as TransitionName[];
const cases = events.flatMap((event) =>
  jobStates.map((state) => {
    const { from, to } = arrows[event];
    const allowed = from.includes(state);
    const name = allowed ? `${state} -> ${to} by ${event}` : `${state} is not changed by ${event}`;
    // A forbidden write was decided by someone who saw a state it is allowed from.
    const seen = ready(allowed ? state : (from[0] as JobState));
    return { name, before: ready(state), change: writes[event](seen), after: allowed ? to : undefined };
  }),
);

describe('states × events', () => {
  test('are 9 × 19 cases', () => {
    expect(jobStates).toHaveLength(9);
    expect(events).toHaveLength(19);
    expect(cases).toHaveLength(171);
  });

  test.each(cases)('$name', ({ before, change, after }) => {
    expect(apply(before, change)?.status).toBe(after);
  });
});

describe('the constant', () => {
  test('has these arrows and no other', () => {
    const drawn = Object.entries(transitions).map(([event, { from, to }]) => [event, { from, to }]);
    expect(Object.fromEntries(drawn)).toEqual(arrows);
  });

  test('no write leaves a completed or skipped job, and only a person reopens one', () => {
    const leaving = events.filter((event) => arrows[event].from.some((each) => isFinal(each)));
    expect(leaving).toEqual(['reopen']);
    expect(arrows.reopen.from).not.toContain('completed');
  });

  test('states', () => {
    expect(jobStates).toEqual([
      'waiting_dependencies',
      'scheduled',
      'pending',
      'retrying',
      'running',
      'completed',
      'failed',
      'cancelled',
      'skipped',
    ]);
  });

  test('states that are reached: those of new jobs, and where an arrow leads', () => {
    const reached = new Set<JobState>([
      ...(['waiting_dependencies', 'scheduled', 'pending'] as const),
      ...events.map((event) => arrows[event].to),
    ]);
    expect(reachedStates).toHaveLength(8);
    expect([...reachedStates].sort()).toEqual([...reached].sort());
  });

  test('final states', () => {
    expect(finalStates).toEqual(['completed', 'failed', 'cancelled', 'skipped']);
    expect(jobStates.filter(isFinal)).toEqual(['completed', 'failed', 'cancelled', 'skipped']);
  });

  test('waiting states, from which a job may be claimed', () => {
    expect(jobStates.filter(isWaiting)).toEqual(['scheduled', 'pending', 'retrying']);
  });

  test('a tombstone is no state of a job', () => {
    expect(isFinal('void')).toBe(false);
    expect(isWaiting('void')).toBe(false);
  });
});

describe('fences: the same events on a job that someone else has claimed since', () => {
  const fenced = events.filter((event) => event !== 'claim');
  test.each(fenced)('%s changes nothing', (event) => {
    const seen = ready(arrows[event].from[0] as JobState);
    expect(apply({ ...seen, fence: 2 }, writes[event](seen))).toBeUndefined();
  });

  const others: TransitionName[] = ['take_over', 'lose_lease', 'cancel_running', 'rescue', 'bury'];
  test.each(others)('%s changes nothing while the lease is alive', (event) => {
    const seen = ready('running');
    const renewed = { ...seen, availableAt: 1_800_000_000_001 };
    expect(apply(renewed, writes[event](seen))).toBeUndefined();
  });

  const notFinal: TransitionName[] = ['retry_later', 'hand_back', 'snooze'];
  test.each(notFinal)('%s changes nothing once a cancel was asked for', (event) => {
    const seen = ready('running');
    expect(apply({ ...seen, cancelRequestedAt: now }, writes[event](seen))).toBeUndefined();
  });
});

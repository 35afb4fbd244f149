import { cancelLostChange, failLostChange } from '../../core/lost.ts';
import { type Outcome, settle, settleCancelled } from '../../core/settle.ts';
import { aJob, sealedBytes } from '../support/a-job.ts';
import { start } from '../support/clock.ts';
import {
  anotherFence,
  type ChangeCase,
  ended,
  leaseAlive,
  leaseOver,
  notRunning,
  waitsForRelease,
} from './change-case.ts';

const timedOut: Outcome = {
  kind: 'failed',
  failure: { kind: 'system', code: 'timeout', cause: 'timeout' },
};
const cancelAsked = { 'a cancel that came first': { cancelRequestedAt: start } };

export const settleCases: ChangeCase[] = [
  {
    name: 'settle: running → completed, its entry gone',
    found: aJob({ status: 'running', ...waitsForRelease, attentionStep: 4 }),
    change: (found) => settle(found, { kind: 'returned', result: sealedBytes(9) }, start, 0.5).change,
    becomes: {
      status: 'completed',
      result: sealedBytes(9),
      ...ended,
      attention: undefined,
      attentionAt: undefined,
      attentionStep: undefined,
    },
    refusedBy: { ...anotherFence, ...notRunning },
  },
  {
    name: 'settle: running → retrying, near',
    found: aJob({ status: 'running', ...waitsForRelease }),
    change: (found) => settle(found, timedOut, start, 0.5).change,
    becomes: {
      status: 'retrying',
      availableAt: start + 120_000,
      lastError: { code: 'timeout', cause: 'timeout', attempt: 1, at: start },
      attention: 'of its own id',
      attentionAt: start + 180_000,
    },
    refusedBy: { ...anotherFence, ...notRunning, ...cancelAsked },
  },
  {
    name: 'settle: running → retrying, beyond 15 minutes',
    found: aJob({ status: 'running', attempt: 5, attemptsLeft: 2 }),
    change: (found) => settle(found, timedOut, start, 0.5).change,
    becomes: {
      status: 'retrying',
      availableAt: start + 1_920_000,
      lastError: { code: 'timeout', cause: 'timeout', attempt: 5, at: start },
      attention: 'of its own id',
      attentionAt: start + 1_020_000,
    },
    refusedBy: { ...anotherFence, ...notRunning, ...cancelAsked },
  },
  {
    name: 'settle: running → failed',
    found: aJob({ status: 'running', attempt: 5, attemptsLeft: 0, ...waitsForRelease, attentionStep: 1 }),
    change: (found) => settle(found, timedOut, start, 0.5).change,
    becomes: {
      status: 'failed',
      ...ended,
      lastError: { code: 'timeout', cause: 'timeout', attempt: 5, at: start },
      fingerprint: '52b6f1894976d909',
      attention: 'of failed jobs',
      attentionAt: start,
      attentionStep: undefined,
    },
    refusedBy: { ...anotherFence, ...notRunning },
  },
  {
    name: 'hand back: running → pending, its attempt given back',
    found: aJob({ status: 'running' }),
    change: (found) => settle(found, { kind: 'not_started' }, start, 0.5).change,
    becomes: { status: 'pending', availableAt: start, attempt: 0, attemptsLeft: 5 },
    refusedBy: { ...anotherFence, ...notRunning, ...cancelAsked },
  },
  {
    name: 'snooze: running → scheduled, its attempt given back',
    found: aJob({ status: 'running' }),
    change: (found) => settle(found, { kind: 'snoozed', delayMs: 5_000 }, start, 0.5).change,
    becomes: { status: 'scheduled', availableAt: start + 5_000, attempt: 0, attemptsLeft: 5 },
    refusedBy: { ...anotherFence, ...notRunning, ...cancelAsked },
  },
  {
    name: 'settle: running → cancelled',
    found: aJob({ status: 'running', cancelRequestedAt: start }),
    change: (found) => settleCancelled(found, start).change,
    becomes: { status: 'cancelled', ...ended },
    refusedBy: { ...anotherFence, ...notRunning },
  },
  {
    name: 'lost and cancel asked for: running → cancelled',
    found: aJob({ ...leaseOver, cancelRequestedAt: start, ...waitsForRelease }),
    change: (found) => cancelLostChange(found, start),
    becomes: {
      status: 'cancelled',
      ...ended,
      owner: undefined,
      attention: undefined,
      attentionAt: undefined,
    },
    refusedBy: { ...anotherFence, ...leaseAlive, ...notRunning },
  },
  {
    name: 'lost and none left: running → failed',
    found: aJob({ ...leaseOver, attempt: 5, attemptsLeft: 0 }),
    change: (found) => failLostChange(found, { cause: 'lease_lost' }, start),
    becomes: {
      status: 'failed',
      ...ended,
      owner: undefined,
      lastError: { code: 'lease_lost', cause: 'lease_lost', attempt: 5, at: start },
      fingerprint: '7240590c1882fb69',
      attention: 'of failed jobs',
      attentionAt: start,
    },
    refusedBy: { ...anotherFence, ...leaseAlive, ...notRunning },
  },
  {
    name: 'waiting with none left: retrying → failed',
    found: aJob({ status: 'retrying', attempt: 5, attemptsLeft: 0 }),
    change: (found) => failLostChange(found, 'attempts_exhausted', start),
    becomes: {
      status: 'failed',
      ...ended,
      owner: undefined,
      lastError: { code: 'attempts_exhausted', cause: 'attempts_exhausted', attempt: 5, at: start },
      fingerprint: '94f1342135c79e8c',
      attention: 'of failed jobs',
      attentionAt: start,
    },
    refusedBy: { ...anotherFence, 'a job that runs again': { status: 'running' } },
  },
];

import { type ClaimMessage, claimChange, type Holder, takeOverChange } from '../../core/claim.ts';
import { never } from '../../core/table.ts';
import { aJob, aJobId } from '../support/a-job.ts';
import { start } from '../support/clock.ts';
import {
  anotherFence,
  type ChangeCase,
  leaseAlive,
  leaseOver,
  notRunning,
  waitsForRelease,
} from './change-case.ts';

const holder: Holder = { owner: 'mine', leaseMs: 65_000, codeVersion: '2.0.0' };
const message: ClaimMessage = { messageId: 'm1', sentAt: start, receiveCount: 1, quarantine: true };

export const claimCases: ChangeCase[] = [
  {
    name: 'claim: pending → running',
    found: aJob({ gate: 'tenant' }),
    change: (found) => claimChange(found, message, holder, 10, start),
    becomes: {
      status: 'running',
      fence: 1,
      attempt: 1,
      attemptsLeft: 4,
      owner: 'mine',
      message: 'm1',
      shared: 10,
      availableAt: start + 65_000,
      startedAt: start,
      codeVersion: '2.0.0',
      gate: undefined,
    },
    refusedBy: {
      'a running job': { status: 'running' },
      'a running job, its lease over': leaseOver,
      'a finished job': { status: 'completed' },
      'a tombstone': { status: 'void' },
      'a job not due': { availableAt: start + 1 },
      'a parked job': { availableAt: never },
      'no attempts left': { attemptsLeft: 0 },
    },
  },
  {
    name: 'claim: retrying → running, its entry kept',
    found: aJob({ status: 'retrying', availableAt: start, ...waitsForRelease }),
    change: (found) => claimChange(found, message, holder, 1, start),
    becomes: {
      status: 'running',
      fence: 2,
      attempt: 2,
      attemptsLeft: 3,
      owner: 'mine',
      message: 'm1',
      shared: 1,
      availableAt: start + 65_000,
      startedAt: start,
      codeVersion: '2.0.0',
    },
    refusedBy: { 'a cancelled job': { status: 'cancelled' } },
  },
  {
    name: 'claim in a long queue of a job that is a minute old: pending → running, its entry moved',
    found: aJob({ sk: aJobId({ at: start - 60_000 }), ...waitsForRelease, attentionStep: 8 }),
    change: (found) => claimChange(found, message, { ...holder, leaseMs: 30_000, watches: true }, 1, start),
    becomes: {
      status: 'running',
      fence: 1,
      attempt: 1,
      attemptsLeft: 4,
      owner: 'mine',
      message: 'm1',
      shared: 1,
      availableAt: start + 30_000,
      startedAt: start,
      codeVersion: '2.0.0',
      attention: 'of its own id',
      attentionAt: start + 50_000,
      attentionStep: 0,
    },
    refusedBy: { 'a running job': { status: 'running' } },
  },
  {
    name: 'take over, alone before: running → running, an attempt spent',
    found: aJob({ ...leaseOver, shared: 1 }),
    change: (found) => takeOverChange(found, message, holder, { cause: 'lease_lost' }, start),
    becomes: {
      fence: 2,
      attempt: 2,
      attemptsLeft: 3,
      owner: 'mine',
      message: 'm1',
      availableAt: start + 65_000,
      codeVersion: '2.0.0',
      lastError: { code: 'lease_lost', cause: 'lease_lost', attempt: 1, at: start },
    },
    refusedBy: { ...anotherFence, ...leaseAlive, ...notRunning },
  },
  {
    name: 'take over, in company before: running → running, no attempt spent',
    found: aJob({ ...leaseOver, shared: 10 }),
    change: (found) => takeOverChange(found, message, holder, { cause: 'lease_lost' }, start),
    becomes: {
      fence: 2,
      owner: 'mine',
      message: 'm1',
      shared: 1,
      availableAt: start + 65_000,
      codeVersion: '2.0.0',
      lastError: { code: 'lease_lost', cause: 'lease_lost', attempt: 1, at: start, shared: 10 },
    },
    refusedBy: { ...anotherFence, ...leaseAlive, ...notRunning },
  },
];

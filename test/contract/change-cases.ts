import { judgeDue, waitForReleaseChange } from '../../core/attention.ts';
import { judgeBurial } from '../../core/bury.ts';
import type { Change } from '../../core/change.ts';
import { askCancelChange, cancelChange, reopenChange } from '../../core/manage.ts';
import { judgePatch, type Patch } from '../../core/patch.ts';
import { dueChange } from '../../core/release.ts';
import { progressChange, renewChange } from '../../core/renew.ts';
import type { JobRecord } from '../../core/table.ts';
import { judgeWalked, walkedChange } from '../../core/walk.ts';
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
import { claimCases } from './claim-cases.ts';
import { dependencyCases } from './dependency-cases.ts';
import { settleCases } from './settle-cases.ts';

const message = { messageId: 'm1', sentAt: start, receiveCount: 21, quarantine: false };

const buried = (found: JobRecord): Change => {
  const decision = judgeBurial(found, message, start);
  if (decision.do !== 'rescue' && decision.do !== 'fail') throw new Error(`judged ${decision.do}`);
  return decision.change;
};

const patched = (found: JobRecord, patch: Patch): Change => {
  const judged = judgePatch(found, patch, start);
  if ('problem' in judged) throw new Error(judged.problem.error);
  return judged.change;
};

const walked = (found: JobRecord, now: number): Change => {
  const decision = judgeWalked(found, now, () => 0);
  if (decision.do === 'leave') throw new Error('judged to be left');
  return walkedChange(found, decision);
};

/** Every change that core makes. */
export const changeCases: ChangeCase[] = [
  ...claimCases,
  ...settleCases,
  ...dependencyCases,
  {
    name: 'rescue: running, its lease over → pending, the shared attempt given back',
    found: aJob({ ...leaseOver, shared: 10 }),
    change: buried,
    becomes: {
      status: 'pending',
      availableAt: start,
      attempt: 0,
      attemptsLeft: 5,
      buried: 1,
      buriedAt: start,
      message: 'm1',
      shared: 0,
      owner: undefined,
      lastError: { code: 'lease_lost', cause: 'lease_lost', attempt: 1, at: start, shared: 10 },
      attention: 'of its own id',
      attentionAt: start + 60_000,
    },
    refusedBy: { ...anotherFence, ...leaseAlive, ...notRunning },
  },
  {
    name: 'bury: none left → failed',
    found: aJob({ status: 'retrying', attempt: 5, attemptsLeft: 0, ...waitsForRelease, attentionStep: 8 }),
    change: buried,
    becomes: {
      status: 'failed',
      ...ended,
      buried: 1,
      owner: undefined,
      lastError: { code: 'buried', cause: 'buried', attempt: 5, at: start },
      fingerprint: '66202c5aff04905e',
      attention: 'of failed jobs',
      attentionAt: start,
      attentionStep: undefined,
    },
    refusedBy: {
      ...anotherFence,
      'a job that runs': { status: 'running' },
      'another time': { availableAt: start },
    },
  },
  {
    name: 'reopen: failed → pending with all its attempts',
    found: aJob({ status: 'failed', buried: 3, result: sealedBytes(3), cancelRequestedAt: start }),
    change: (found) => reopenChange(found, sealedBytes(80), start),
    becomes: {
      status: 'pending',
      availableAt: start,
      attempt: 0,
      attemptsLeft: 5,
      buried: 0,
      shared: 0,
      payload: sealedBytes(80),
      attention: 'of its own id',
      attentionAt: start + 60_000,
      owner: undefined,
      message: undefined,
      finishedAt: undefined,
      expiresAt: undefined,
      result: undefined,
      cancelRequestedAt: undefined,
    },
    refusedBy: {
      ...anotherFence,
      'a job that runs': { status: 'running' },
      'a completed job': { status: 'completed' },
    },
  },
  {
    name: 'cancel: scheduled → cancelled',
    found: aJob({ status: 'scheduled', ...waitsForRelease, gate: 'tenant' }),
    change: (found) => cancelChange(found, start),
    becomes: {
      status: 'cancelled',
      ...ended,
      gate: undefined,
      attention: undefined,
      attentionAt: undefined,
    },
    refusedBy: {
      ...anotherFence,
      'a job that runs': { status: 'running' },
      'a finished job': { status: 'failed' },
    },
  },
  {
    name: 'cancel asked for: running → running',
    found: aJob({ status: 'running' }),
    change: (found) => askCancelChange(found, start),
    becomes: { cancelRequestedAt: start },
    refusedBy: { ...anotherFence, ...notRunning },
  },
  {
    name: 'renewal: running → running, for longer',
    found: aJob({ status: 'running', availableAt: start + 1, cancelRequestedAt: start }),
    change: (found) => renewChange(found, start),
    becomes: { availableAt: start + 30_000 },
    refusedBy: {
      ...anotherFence,
      ...notRunning,
      'a lease that is over': { availableAt: start },
      'a longer lease': { availableAt: start + 30_001 },
    },
  },
  {
    name: 'progress: running → running',
    found: aJob({ status: 'running', progress: { percent: 1, note: 'begun', at: start } }),
    change: (found) => progressChange(found, { percent: 50, at: start }),
    becomes: { progress: { percent: 50, at: start } },
    refusedBy: { ...anotherFence, ...notRunning },
  },
  {
    name: 'changed by a person: another time, lane and tags',
    found: aJob({ status: 'scheduled', tags: ['old'], attentionStep: 2 }),
    change: (found) => patched(found, { availableAt: start + 120_000, priority: 9, tags: ['new', 'er'] }),
    becomes: {
      availableAt: start + 120_000,
      priority: 9,
      tags: ['new', 'er'],
      attention: 'of its own id',
      attentionAt: start + 180_000,
      attentionStep: undefined,
    },
    refusedBy: {
      ...anotherFence,
      'a job that runs': { status: 'running' },
      'another time': { availableAt: start },
      'a parked one': { gate: 'paused' },
    },
  },
  {
    name: 'changed by a person: no tags any more',
    found: aJob({ tags: ['old'] }),
    change: (found) => patched(found, { tags: [] }),
    becomes: { tags: undefined },
    refusedBy: { 'a job that runs': { status: 'running' } },
  },
  {
    name: 'walked: an entry',
    found: aJob({ status: 'running' }),
    change: (found) => walked(found, start),
    becomes: { attention: 'of its own id', attentionAt: start + 125_000 },
    refusedBy: {
      ...anotherFence,
      'an entry': { attention: 'due#01', attentionAt: start },
      'a renewed lease': { availableAt: start + 70_000 },
      'a job that ended': { status: 'completed' },
    },
  },
  {
    name: 'walked: late, an entry with the step to double',
    found: aJob(),
    change: (found) => walked(found, start + 300_000),
    becomes: { attention: 'of its own id', attentionAt: start + 600_000, attentionStep: 5 },
    refusedBy: { 'a job claimed meanwhile': { status: 'running' } },
  },
  {
    name: 'due entry: put off, and sent',
    found: aJob({ ...waitsForRelease, attentionStep: 2 }),
    change: (found) =>
      dueChange(
        found,
        judgeDue(found, start, () => 0),
      ),
    becomes: { attention: 'of its own id', attentionAt: start + 240_000, attentionStep: 4 },
    refusedBy: {
      ...anotherFence,
      'an entry put off meanwhile': { attentionAt: start + 60_000 },
      'no entry': { attention: undefined, attentionAt: undefined },
      'a job claimed meanwhile': { status: 'running' },
    },
  },
  {
    name: 'due entry of a finished job: gone',
    found: aJob({ status: 'completed', ...waitsForRelease, attentionStep: 2 }),
    change: (found) =>
      dueChange(
        found,
        judgeDue(found, start, () => 0),
      ),
    becomes: { attention: undefined, attentionAt: undefined, attentionStep: undefined },
    refusedBy: { 'a job reopened meanwhile': { status: 'pending' } },
  },
  {
    name: 'wait for release: an entry in time',
    found: aJob({ status: 'scheduled', availableAt: start + 3_600_000 }),
    change: waitForReleaseChange,
    becomes: { attention: 'of its own id', attentionAt: start + 2_700_000 },
    refusedBy: {
      ...anotherFence,
      'another time': { availableAt: start },
      'a cancelled job': { status: 'cancelled' },
    },
  },
];

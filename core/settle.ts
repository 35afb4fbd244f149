import { entry, fitsDelay, handOverMs, releaseAt } from './attention.ts';
import type { Change, Condition } from './change.ts';
import { fingerprintOf } from './fingerprint.ts';
import { decideRetry, type Failure, jitteredMs } from './retry.ts';
import { isFinal, transitions } from './state.ts';
import {
  type Attribute,
  type FailureCause,
  failedPartition,
  type JobRecord,
  type Progress,
  type Stored,
} from './table.ts';

/** The record of a job is kept this long after its end. Its sealed items and objects have brooms of their own. */
export const keptMs = 30 * 24 * 60 * 60 * 1000;

/** After so many pauses, 4 hours in all, a payload that cannot be opened costs attempts: a key that was shredded never comes back. */
const maxUnopened = 24;
const firstOpenMs = 30_000;
const longestOpenMs = 12 * 60_000;

/** What the handler did. Closed: whatever else a handler does is one of these. */
export type Outcome =
  | { kind: 'returned'; result: Stored }
  | { kind: 'failed'; failure: Failure; fingerprint?: string }
  /** Its cancel was asked for while it ran: whatever the handler does now is ignored. */
  | { kind: 'cancelled' }
  /** The handler asked to be started again after so long. Spends nothing. */
  | { kind: 'snoozed'; delayMs: number }
  /** Never started: its payload could not be had, KMS or a store did not answer. Spends nothing, for some hours. */
  | { kind: 'unopened'; failure: Failure }
  /** Never started: no time was left. Spends nothing. */
  | { kind: 'not_started' }
  /** A later attempt is at work, as the handler's `once` was told: there is nothing to write. */
  | { kind: 'overtaken' };

/** What becomes of the job, and what its holder must do after the write. */
export interface Settlement {
  to: 'completed' | 'failed' | 'retrying' | 'scheduled' | 'pending' | 'cancelled';
  change: Change;
  /** A pointer to send once the record is written: then the old message may go. */
  sendAt?: number;
}

/** Index attributes: gone when a job is final, unless a person is to see it. */
export const attentionAttributes = [
  'attention',
  'attentionAt',
  'attentionStep',
] as const satisfies readonly Attribute[];

/**
 * What becomes of a job that this holder ran.
 * @param held the record as the claim returned it
 * @param random 0 ≤ random < 1, for the retry's jitter
 */
export function settle(
  held: JobRecord,
  outcome: Exclude<Outcome, { kind: 'overtaken' }>,
  now: number,
  random: number,
): Settlement {
  switch (outcome.kind) {
    case 'returned':
      return complete(held, outcome.result, now);
    case 'cancelled':
      return settleCancelled(held, now);
    case 'not_started':
      return handBack(held, now);
    case 'snoozed':
      return snooze(held, outcome.delayMs, now);
    case 'unopened':
      if ((held.unopened ?? 0) < maxUnopened) return openLater(held, outcome.failure, now, random);
      return settle(held, { kind: 'failed', failure: outcome.failure }, now, random);
    case 'failed': {
      const decision = decideRetry(outcome.failure, held.attempt, held.attemptsLeft, random);
      const { code, cause } = outcome.failure;
      return decision.retry
        ? retryLater(held, { code, cause }, decision.delayMs, now)
        : fail(held, { code, cause }, outcome.fingerprint, now);
    }
  }
}

/** Every write of a holder: only while it runs under the fence that was claimed. */
export function held(record: Pick<JobRecord, 'fence'>): Condition[] {
  return [
    ['status', 'in', ['running']],
    ['fence', '=', record.fence],
  ];
}

function complete(record: JobRecord, result: Stored, now: number): Settlement {
  return {
    to: 'completed',
    change: {
      key: { pk: record.pk, sk: record.sk },
      set: { status: transitions.complete.to, result, ...ended(now) },
      remove: leavesIndex(record),
      where: held(record),
    },
  };
}

function fail(
  record: JobRecord,
  why: { code: string; cause: FailureCause },
  fingerprint: string | undefined,
  now: number,
): Settlement {
  return {
    to: 'failed',
    change: {
      key: { pk: record.pk, sk: record.sk },
      set: { status: transitions.fail.to, ...ended(now), ...blamed(record, why, now, fingerprint) },
      remove: ['attentionStep'],
      where: held(record),
    },
  };
}

/** Below 15 minutes a delayed pointer carries it; beyond, the record waits in `attention` for release. */
function retryLater(
  record: JobRecord,
  why: { code: string; cause: FailureCause },
  delayMs: number,
  now: number,
): Settlement {
  const availableAt = now + delayMs;
  const near = fitsDelay(availableAt, now);
  return {
    to: 'retrying',
    change: {
      key: { pk: record.pk, sk: record.sk },
      set: {
        status: transitions.retry_later.to,
        availableAt,
        lastError: { ...why, attempt: record.attempt, at: now },
        ...(near ? keptEntry(record, availableAt) : entry(record.sk, releaseAt(availableAt))),
      },
      ...firstStepAgain(record),
      where: [...held(record), ['cancelRequestedAt', 'missing']],
    },
    ...(near ? { sendAt: availableAt } : {}),
  };
}

/** Longer and longer pauses, with all the attempts it had: an outage of AWS is no fault of the job's. */
function openLater(record: JobRecord, { code, cause }: Failure, now: number, random: number): Settlement {
  const unopened = record.unopened ?? 0;
  const exactMs = Math.min(firstOpenMs * 2 ** unopened, longestOpenMs);
  const { to, change, ...more } = retryLater(record, { code, cause }, jitteredMs(exactMs, random), now);
  const given: Change = {
    ...change,
    set: { ...change.set, unopened: unopened + 1 },
    add: { attempt: -1, attemptsLeft: 1 },
  };
  return { to, change: given, ...more };
}

/** As a job with a delay waits, with all the attempts it had before this start, whose payload could be opened. */
function snooze(record: JobRecord, delayMs: number, now: number): Settlement {
  const availableAt = now + delayMs;
  const near = fitsDelay(availableAt, now);
  return {
    to: 'scheduled',
    change: {
      key: { pk: record.pk, sk: record.sk },
      set: {
        status: transitions.snooze.to,
        availableAt,
        ...(near ? keptEntry(record, availableAt) : entry(record.sk, releaseAt(availableAt))),
      },
      add: { attempt: -1, attemptsLeft: 1 },
      ...opened(record),
      where: [...held(record), ['cancelRequestedAt', 'missing']],
    },
    ...(near ? { sendAt: availableAt } : {}),
  };
}

function handBack(record: JobRecord, now: number): Settlement {
  return {
    to: 'pending',
    change: {
      key: { pk: record.pk, sk: record.sk },
      set: { status: transitions.hand_back.to, availableAt: now, ...keptEntry(record, now) },
      add: { attempt: -1, attemptsLeft: 1 },
      ...firstStepAgain(record),
      where: [...held(record), ['cancelRequestedAt', 'missing']],
    },
    sendAt: now,
  };
}

/** running → cancelled by its holder: a cancel was asked for. */
export function settleCancelled(record: JobRecord, now: number): Settlement {
  return {
    to: 'cancelled',
    change: {
      key: { pk: record.pk, sk: record.sk },
      set: { status: transitions.cancel_running.to, ...ended(now) },
      remove: leavesIndex(record),
      where: held(record),
    },
  };
}

/**
 * A settle takes along how far the handler said it is, so that a job that did not complete shows what it did. One that
 * completed has its result for that, and a record that is to stay small.
 * @param told last, and not written yet
 */
export function withProgress(settlement: Settlement, told: Progress | undefined): Settlement {
  if (told === undefined || settlement.to === 'completed') return settlement;
  const { change } = settlement;
  return { ...settlement, change: { ...change, set: { ...change.set, progress: told } } };
}

/** What a settle that was not applied means. */
export type SettleDecision =
  /** An earlier send of this very settle was applied. */
  | 'settled'
  /** A cancel came first: settle cancelled. */
  | 'cancel'
  /** Another attempt owns the job: report the message, acknowledge nothing. */
  | 'lost';

/**
 * PROTOCOL: a row with my fence and my owner that is no longer running was my settle; writes by others
 * remove the owner.
 */
export function judgeSettle(mine: JobRecord, found: JobRecord | undefined): SettleDecision {
  if (found === undefined || found.fence !== mine.fence || found.owner !== mine.owner) return 'lost';
  if (found.status !== 'running') return 'settled';
  return found.cancelRequestedAt === undefined ? 'lost' : 'cancel';
}

export function ended(now: number): Pick<JobRecord, 'finishedAt' | 'availableAt' | 'expiresAt'> {
  return { finishedAt: now, availableAt: now, expiresAt: Math.ceil((now + keptMs) / 1000) };
}

/**
 * The cause on the record, and an entry for the person who looks at failed jobs.
 * @param fingerprint of what was thrown; without it, of the metadata alone
 */
export function blamed(
  record: JobRecord,
  why: { code: string; cause: FailureCause },
  now: number,
  fingerprint: string = fingerprintOf({ ...why, type: record.type, codeVersion: record.codeVersion }),
): Pick<JobRecord, 'lastError' | 'fingerprint' | 'attention' | 'attentionAt'> {
  return {
    fingerprint,
    lastError: { ...why, attempt: record.attempt, at: now },
    attention: failedPartition(record),
    attentionAt: now,
  };
}

/** A settle to anything not final moves the entry, if there is one, to a minute after the job's time. */
function keptEntry(record: JobRecord, availableAt: number): Partial<JobRecord> {
  return record.attention === undefined ? {} : entry(record.sk, availableAt + handOverMs);
}

/** It was claimed: should its next pointer be lost, release looks again in a minute and not in the hour it had come to. */
function firstStepAgain({ attentionStep }: JobRecord): { remove?: readonly Attribute[] } {
  return attentionStep === undefined || attentionStep === 0 ? {} : { remove: ['attentionStep'] };
}

/** Its payload could be opened: pauses for that are counted anew. */
function opened(record: JobRecord): { remove?: readonly Attribute[] } {
  const again = firstStepAgain(record);
  return record.unopened === undefined ? again : { remove: [...(again.remove ?? []), 'unopened'] };
}

/** Removing an absent attribute is free, but the happy path's statement stays the shorter without. */
function leavesIndex(record: JobRecord): readonly Attribute[] {
  return record.attention === undefined ? [] : attentionAttributes;
}

/** Is this record beyond every change but a person's. */
export function isSettled(record: JobRecord): boolean {
  return record.status === 'void' || isFinal(record.status);
}

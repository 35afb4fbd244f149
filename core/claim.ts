import { claimedEntry } from './attention.ts';
import type { Change } from './change.ts';
import { type Death, deathError } from './death.ts';
import { isFinal, transitions } from './state.ts';
import type { JobRecord, RecordKey } from './table.ts';

/** The invocation that claims: what stands on the record as its holder. */
export interface Holder {
  /** Random, one per invocation. */
  owner: string;
  leaseMs: number;
  /** Of a long queue: its jobs are watched, whoever takes their next message (`claimedEntry`). */
  watches?: true;
  codeVersion: string;
}

/** The message a job is claimed through. */
export interface ClaimMessage {
  messageId: string;
  /** When it was sent, ms since the epoch. */
  sentAt: number;
  /** How often it was received, this time included. */
  receiveCount: number;
  /** It came through the quarantine lane. */
  quarantine: boolean;
}

/** waiting → running. Fails when the job is not due, has no attempt left, is held, final or absent: `judgeClaim` reads why. */
export function claimChange(
  key: RecordKey,
  message: ClaimMessage,
  holder: Holder,
  shared: number,
  now: number,
): Change {
  return {
    key,
    set: {
      status: transitions.claim.to,
      owner: holder.owner,
      message: message.messageId,
      shared,
      availableAt: now + holder.leaseMs,
      startedAt: now,
      codeVersion: holder.codeVersion,
      ...watched(key.sk, holder, now),
    },
    add: { fence: 1, attempt: 1, attemptsLeft: -1 },
    remove: ['gate', 'progress'],
    where: [
      ['status', 'in', transitions.claim.from],
      ['availableAt', '<=', now],
      ['attemptsLeft', '>', 0],
    ],
  };
}

function watched(jobId: string, { watches, leaseMs }: Holder, now: number): Change['set'] | undefined {
  return watches && claimedEntry(jobId, now + leaseMs, now);
}

/**
 * running with its lease over → running, by the quarantine lane. Conditional on the fence seen. A job that
 * shared its process gets back the attempt that may not have been its fault.
 * @param death of the process that held it
 */
export function takeOverChange(
  found: JobRecord,
  message: ClaimMessage,
  holder: Holder,
  death: Death,
  now: number,
): Change {
  return {
    key: { pk: found.pk, sk: found.sk },
    set: {
      status: transitions.take_over.to,
      owner: holder.owner,
      message: message.messageId,
      shared: 1,
      availableAt: now + holder.leaseMs,
      startedAt: now,
      codeVersion: holder.codeVersion,
      ...watched(found.sk, holder, now),
      lastError: deathError(found, death, now),
    },
    // One given back and one taken: what is given back here was the lost attempt.
    add: givesBack(found) ? { fence: 1 } : { fence: 1, attempt: 1, attemptsLeft: -1 },
    remove: ['progress'],
    where: [
      ['status', 'in', transitions.take_over.from],
      ['fence', '=', found.fence],
      ['availableAt', '<=', now],
    ],
  };
}

/**
 * Does a lost lease give the attempt back: it shared its process with others, and may be innocent.
 * A job of one attempt gets nothing back: it was promised at most one start.
 */
export function givesBack(record: JobRecord): boolean {
  return (record.shared ?? 1) > 1 && record.attempt + record.attemptsLeft > 1;
}

/** Attempts that a job whose lease is over may still start, the returned one counted. */
export function startsLeft(record: JobRecord): number {
  return record.attemptsLeft + (givesBack(record) ? 1 : 0);
}

/** What to do with a message whose claim was not applied. */
export type ClaimDecision =
  /** Leave the message where it is, hidden this long. */
  | { do: 'hide'; seconds: number }
  /** Acknowledge: someone else looks after the job, or nobody needs to. */
  | { do: 'drop' }
  /** A pointer to nothing: make sure that the record can never come, then drop. */
  | { do: 'bury_void' }
  /** It waits for other jobs: look whether they have ended. */
  | { do: 'look'; found: JobRecord }
  /** This invocation's own claim, whose answer was lost. */
  | { do: 'go_on'; record: JobRecord }
  | { do: 'take_over'; found: JobRecord }
  /** A pointer into quarantine first, then drop. */
  | { do: 'quarantine' }
  | { do: 'settle_cancelled'; found: JobRecord }
  | { do: 'settle_failed'; found: JobRecord; cause: 'lease_lost' | 'attempts_exhausted' }
  /** A fresh pointer at its time, then drop. */
  | { do: 'send_again'; record: JobRecord };

/** A pointer may be a minute ahead of its record: the insert follows the send within 20 s. */
const phantomMs = 60_000;
/** The message shows again only when the lease is surely over. */
export const afterLeaseMs = 10_000;
/** A claim is worth going on with while this much of its lease is left. */
const usableLeaseMs = 5_000;
/** Nothing is hidden for longer: hidden messages count against SQS's 120,000 in flight and 12 hours. */
const longestHideMs = 60_000;

const firstFaultHideSeconds = 5;

/**
 * How long a message is hidden when AWS would not let it be dealt with, seconds: 5, 10, 20, 40, 60, 60 … Its receives
 * are counted, so what comes back at once is given up within minutes.
 * @param receiveCount of the message, this time included
 */
export function hideAfterFault(receiveCount: number): number {
  return Math.min(firstFaultHideSeconds * 2 ** Math.max(receiveCount - 1, 0), longestHideMs / 1000);
}

/**
 * Reads the record of a failed claim: the table of PROTOCOL, line by line, first line that fits.
 * @param found the record, undefined if there is none
 * @param owner this invocation's own value
 */
export function judgeClaim(
  found: JobRecord | undefined,
  message: ClaimMessage,
  owner: string,
  now: number,
): ClaimDecision {
  if (found === undefined) return judgeAbsent(message, now);
  if (found.status === 'void' || isFinal(found.status)) return { do: 'drop' };
  if (found.status === 'running') return judgeRunning(found, message, owner, now);
  if (found.status === 'waiting_dependencies') return { do: 'look', found };
  if (found.attemptsLeft <= 0) return { do: 'settle_failed', found, cause: 'attempts_exhausted' };
  if (found.availableAt - now <= longestHideMs) {
    // Due already: its time came between the claim and this reading, or another clock is ahead.
    return { do: 'hide', seconds: Math.max(1, Math.ceil((found.availableAt - now) / 1000)) };
  }
  if (found.attention !== undefined) return { do: 'drop' };
  return { do: 'send_again', record: found };
}

/** No record: it may still be on its way, or a crash left a pointer to nothing. */
export function judgeAbsent(
  message: ClaimMessage,
  now: number,
): { do: 'bury_void' } | { do: 'hide'; seconds: number } {
  if (now - message.sentAt >= phantomMs) return { do: 'bury_void' };
  return { do: 'hide', seconds: message.receiveCount <= 1 ? 1 : 5 };
}

function judgeRunning(found: JobRecord, message: ClaimMessage, owner: string, now: number): ClaimDecision {
  const leftMs = found.availableAt - now;
  if (leftMs > 0) {
    if (found.owner === owner && leftMs > usableLeaseMs) return { do: 'go_on', record: found };
    // A pointer in quarantine was sent by someone whose clock had the lease over already, and who then dropped
    // the last other pointer: it waits for the lease's end by every clock.
    if (found.message !== message.messageId && !message.quarantine) return { do: 'drop' };
    return { do: 'hide', seconds: Math.ceil((leftMs + afterLeaseMs) / 1000) };
  }
  if (found.cancelRequestedAt !== undefined) return { do: 'settle_cancelled', found };
  if (startsLeft(found) <= 0) return { do: 'settle_failed', found, cause: 'lease_lost' };
  return message.quarantine ? { do: 'take_over', found } : { do: 'quarantine' };
}

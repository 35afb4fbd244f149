import { type Depth, laneOfWaiting, type Resent, starvationMs, waitedMs } from './aging.ts';
import type { Change } from './change.ts';
import { mintedAtOf } from './id.ts';
import { type Lane, laneOf, maxDelaySeconds } from './lane.ts';
import { isFinal } from './state.ts';
import { duePartition, type JobRecord } from './table.ts';

/**
 * Attention entries: the sparse index of what waits for a clock or a person. A record that has one keeps
 * one until it is final, so that a lost pointer is found by an index query.
 */

/** A hand-over by record is looked at again after this long: time for its pointer to be claimed. */
export const handOverMs = 60_000;

const maxStepMinutes = 60;

/** The attributes of an entry due at `at`. */
export function entry(jobId: string, at: number): Pick<JobRecord, 'attention' | 'attentionAt'> {
  return { attention: duePartition(jobId), attentionAt: at };
}

/** The message of a lost lease shows again 10 s after it, and another worker has taken the job over by then. */
const lostMs = 20_000;

type Watched = Pick<JobRecord, 'attention' | 'attentionAt' | 'attentionStep'>;

/**
 * The entry that a job of a long queue has from its insert on: a worker that dies between the receipt of its message
 * and its first call leaves it hidden for the lane's visibility, which is up to 15 minutes there
 * (`docs/decisions/0011`). Step 0: its pointer went into its lane before this was written.
 */
export function insertedEntry(jobId: string, availableAt: number): Watched {
  return { ...entry(jobId, availableAt + handOverMs), attentionStep: 0 };
}

/**
 * What the claim of a job in a long queue writes into its entry, which may be far away after a long wait: to look
 * again when the lease is over and someone should have taken it over. Nothing for a job younger than a minute, whose
 * entry is due by then anyway.
 */
export function claimedEntry(jobId: string, leaseEnd: number, now: number): Watched | undefined {
  if (now - mintedAtOf(jobId) < handOverMs) return undefined;
  return { ...entry(jobId, leaseEnd + lostMs), attentionStep: 0 };
}

/** Its entry lies before its time: it waits for `release`, and no pointer was sent yet. */
export function waitsForRelease({ attentionAt, availableAt }: JobRecord): boolean {
  return attentionAt !== undefined && attentionAt < availableAt;
}

/**
 * Until when a job can wait, ms: a year after its creation, because its payload is kept 460 days. The id of a
 * workflow's job is as old as the workflow, and its payload is not.
 */
export function latestStart(jobId: string): number {
  return mintedAtOf(jobId) + 365 * 24 * 60 * 60 * 1000;
}

/** When `release` must take a job that runs at `availableAt`: as soon as SQS can carry the rest as a delay. */
export function releaseAt(availableAt: number): number {
  return availableAt - maxDelaySeconds * 1000;
}

/** Whole seconds of `DelaySeconds` so that the pointer does not arrive before its time; 0 when it is due. */
export function delaySecondsUntil(availableAt: number, now: number): number {
  return Math.min(Math.max(Math.ceil((availableAt - now) / 1000), 0), maxDelaySeconds);
}

/** Is the wait short enough for a delayed message. */
export function fitsDelay(availableAt: number, now: number): boolean {
  return availableAt - now <= maxDelaySeconds * 1000;
}

/** Why a pointer is sent: each is counted (`core/telemetry.ts`). */
export type SendReason = Resent['why'] | 'released' | 'quarantined';

/** What a due entry asks for, by the record it belongs to. */
export type DueDecision =
  /** Nothing waits here any more: take the entry off. */
  | { do: 'remove' }
  /** Look again then. */
  | { do: 'postpone'; to: number }
  /** Put the entry off, then send a pointer into that lane. */
  | { do: 'send'; why: SendReason; lane: Lane; delaySeconds: number; to: number; stepMinutes: number };

/**
 * PROTOCOL, "Two hand-overs": final → remove; lease alive → end of the lease + 20 s; lease over → quarantine; waiting
 * for other jobs → its pointer; else send again, doubling the entry's time (1, 2, 4 … 60 min), a starving job one lane
 * up.
 */
export function judgeDue(record: JobRecord, now: number, depthOf: Depth): DueDecision {
  if (record.status === 'void' || isFinal(record.status)) return { do: 'remove' };
  if (record.status === 'running') {
    if (record.availableAt > now) return { do: 'postpone', to: record.availableAt + lostMs };
    return send(record, now, { why: 'quarantined', lane: 'quarantine' });
  }
  // Whoever receives its pointer looks at what it waits for.
  if (record.status === 'waiting_dependencies')
    return sendAt(record, now, now, { why: 'released', lane: laneOf(record.priority) });
  if (!fitsDelay(record.availableAt, now)) return { do: 'postpone', to: releaseAt(record.availableAt) };
  if (isRescued(record)) return send(record, now, { why: 'resent', lane: 'quarantine' });
  if (waitsForRelease(record)) return send(record, now, { why: 'released', lane: laneOf(record.priority) });
  const next = laneOfWaiting(record, now, depthOf);
  return next === undefined ? { do: 'postpone', to: lookAgainAt(record, now) } : send(record, now, next);
}

/** After as long as it has waited, and when it starves. */
function lookAgainAt(record: JobRecord, now: number): number {
  const waited = waitedMs(record, now);
  const again = now + Math.min(waited, maxStepMinutes * 60_000);
  return waited < starvationMs ? Math.min(again, record.availableAt + starvationMs) : again;
}

/** Buried and not claimed since, for a claim says how many it shares its process with: it runs alone, as bury has sent it. */
export function isRescued(record: JobRecord): boolean {
  return (record.buried ?? 0) > 0 && record.shared === 0;
}

/** Where the next pointer of a job that waits belongs, however long it has waited. */
export function laneNow(record: JobRecord): Lane {
  return isRescued(record) ? 'quarantine' : laneOf(record.priority);
}

function send(record: JobRecord, now: number, to: { why: SendReason; lane: Lane }): DueDecision {
  return sendAt(record, record.status === 'running' ? now : record.availableAt, now, to);
}

/** @param at when the pointer is to arrive at the earliest, ms */
function sendAt(
  record: JobRecord,
  at: number,
  now: number,
  to: { why: SendReason; lane: Lane },
): DueDecision {
  const firstMinutes = waitedMs(record, now) < starvationMs ? 1 : starvationMs / 60_000;
  const doubled = Math.max((record.attentionStep ?? 0) * 2, firstMinutes);
  const stepMinutes = Math.min(doubled, maxStepMinutes);
  return {
    do: 'send',
    ...to,
    delaySeconds: delaySecondsUntil(at, now),
    to: Math.max(now, at) + stepMinutes * 60_000,
    stepMinutes,
  };
}

/** A job that waits for a far time enters `attention`, if nothing changed since it was read. */
export function waitForReleaseChange(found: JobRecord): Change {
  return {
    key: { pk: found.pk, sk: found.sk },
    set: entry(found.sk, releaseAt(found.availableAt)),
    where: [
      ['status', '=', found.status],
      ['fence', '=', found.fence],
      ['availableAt', '=', found.availableAt],
    ],
  };
}

import { type Depth, laneOfWaiting, type Resent, starvationMs, waitedMs } from './aging.ts';
import type { Change } from './change.ts';
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
 * PROTOCOL, "Two hand-overs": final → remove; lease alive → end of the lease + 60 s, or later (`afterLease`);
 * lease over → quarantine; else send again, doubling the entry's time (1, 2, 4 … 60 min), a starving job one
 * lane up.
 */
export function judgeDue(record: JobRecord, now: number, depthOf: Depth): DueDecision {
  if (record.status === 'void' || isFinal(record.status)) return { do: 'remove' };
  if (record.status === 'running') {
    if (record.availableAt > now) return { do: 'postpone', to: afterLease(record, now) };
    return send(record, now, { why: 'quarantined', lane: 'quarantine' });
  }
  if (!fitsDelay(record.availableAt, now)) return { do: 'postpone', to: releaseAt(record.availableAt) };
  if (isRescued(record)) return send(record, now, { why: 'resent', lane: 'quarantine' });
  // Its entry lies before its time: it waited here for it, and no pointer was sent yet.
  if ((record.attentionAt ?? now) < record.availableAt)
    return send(record, now, { why: 'released', lane: laneOf(record.priority) });
  const next = laneOfWaiting(record, now, depthOf);
  return next === undefined
    ? { do: 'postpone', to: now + Math.min(waitedMs(record, now), maxStepMinutes * 60_000) }
    : send(record, now, next);
}

/** Buried and not claimed since: it runs alone, as bury has sent it. */
function isRescued(record: JobRecord): boolean {
  return (record.buried ?? 0) > 0 && record.shared === 0;
}

/** Where the next pointer of a job that waits belongs, however long it has waited. */
export function laneNow(record: JobRecord): Lane {
  return isRescued(record) ? 'quarantine' : laneOf(record.priority);
}

/** A long run is looked at seldom: an entry put off costs three write units, and the pointer comes back by itself as well. */
const longestAliveMs = 15 * 60_000;

/** A minute after the lease, or after as long as it runs already, 15 minutes at the most. */
function afterLease(record: JobRecord, now: number): number {
  const ranMs = now - (record.startedAt ?? now);
  return Math.max(record.availableAt + handOverMs, now + Math.min(ranMs, longestAliveMs));
}

function send(record: JobRecord, now: number, to: { why: SendReason; lane: Lane }): DueDecision {
  const waits = record.status !== 'running';
  const firstMinutes = waitedMs(record, now) < starvationMs ? 1 : starvationMs / 60_000;
  const doubled = Math.max((record.attentionStep ?? 0) * 2, firstMinutes);
  const stepMinutes = Math.min(doubled, maxStepMinutes);
  const from = waits ? Math.max(now, record.availableAt) : now;
  return {
    do: 'send',
    ...to,
    delaySeconds: waits ? delaySecondsUntil(record.availableAt, now) : 0,
    to: from + stepMinutes * 60_000,
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

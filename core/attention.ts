import type { Change } from './change.ts';
import { maxDelaySeconds } from './lane.ts';
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

/** What a due entry asks for, by the record it belongs to. */
export type DueDecision =
  /** Nothing waits here any more: take the entry off. */
  | { do: 'remove' }
  /** Look again then. */
  | { do: 'postpone'; to: number }
  /** Put the entry off, then send a pointer, to quarantine if its lease is over. */
  | { do: 'send'; quarantine: boolean; delaySeconds: number; to: number; stepMinutes: number };

/**
 * PROTOCOL, "Two hand-overs": final → remove; lease alive → end of the lease + 60 s; lease over →
 * quarantine; else send again, doubling the entry's time (1, 2, 4 … 60 min).
 */
export function judgeDue(record: JobRecord, now: number): DueDecision {
  if (record.status === 'void' || isFinal(record.status)) return { do: 'remove' };
  if (record.status === 'running') {
    if (record.availableAt > now) return { do: 'postpone', to: record.availableAt + handOverMs };
    return send(record, now, true);
  }
  if (!fitsDelay(record.availableAt, now)) return { do: 'postpone', to: releaseAt(record.availableAt) };
  return send(record, now, false);
}

function send(record: JobRecord, now: number, quarantine: boolean): DueDecision {
  const stepMinutes = Math.min((record.attentionStep ?? 0) * 2 || 1, maxStepMinutes);
  const from = quarantine ? now : Math.max(now, record.availableAt);
  return {
    do: 'send',
    quarantine,
    delaySeconds: quarantine ? 0 : delaySecondsUntil(record.availableAt, now),
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

import type { Change, ChangeResult } from './change.ts';
import { longLeaseMs } from './lane.ts';
import { held } from './settle.ts';
import type { JobRecord, Progress } from './table.ts';

/** As much of a claimed record as its holder's writes are conditional on. */
export type Mine = Pick<JobRecord, 'pk' | 'sk' | 'fence'>;

/** What a holder reads in its job's record while the handler runs. */
export type Standing = 'ours' | Ending;

/** Why a handler is to end before its time: its cancel was asked for, or another owns the job. */
export type Ending = 'cancelled' | 'lost';

/** @param found the record as it stands, undefined if there is none any more */
export function judgeHeld(mine: Mine, found: JobRecord | undefined): Standing {
  if (found?.status !== 'running' || found.fence !== mine.fence) return 'lost';
  return found.cancelRequestedAt === undefined ? 'ours' : 'cancelled';
}

/** Characters of a progress note that are kept: the record is to stay within its 1,000 bytes. */
export const maxNoteLength = 100;
/** A note may be of any length, and told often. */
const looksAtLength = 1_000;

/**
 * How far a handler says it is, as the record keeps it: a whole number of 0 to 100, a short note. Undefined for what
 * is neither, whatever the types say: no number, or a note that is no text. Never throws, so that it fails no job.
 */
export function progressOf(percent: unknown, note: unknown, now: number): Progress | undefined {
  const text = note ?? '';
  if (typeof percent !== 'number' || typeof text !== 'string') return undefined;
  const whole = Math.min(Math.max(Math.floor(percent) || 0, 0), 100);
  // One line for a terminal: no control characters, no half of an emoji.
  const line = text
    .slice(0, looksAtLength)
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
  const short = [...line].slice(0, maxNoteLength).join('');
  return { percent: whole, ...(short === '' ? {} : { note: short }), at: now };
}

/** How far the attempt is. The record it leaves tells its holder of a cancel. */
export function progressChange(mine: Mine, progress: Progress): Change {
  return { key: { pk: mine.pk, sk: mine.sk }, set: { progress }, where: held(mine) };
}

/** A holder lets go this long before its lease ends, whatever the wall clock says. */
export const trustMarginMs = 5_000;

/** Until when the claim of a long queue's job may be trusted. @param claimedAt when it was first sent, of the monotonic clock */
export function firstTrust(claimedAt: number): number {
  return claimedAt + longLeaseMs - trustMarginMs;
}

/** A long queue's lease (30 s) and its message's visibility are renewed so often. */
export const renewEveryMs = 10_000;

/** The visibility of a long queue's message while its job runs: longer than the lease, so that one holder is over before the next can begin. */
export const longVisibilitySeconds = 40;

/** Moves the lease's end away. Never shortens a lease, and never revives one that is over. */
export function renewChange(mine: Mine, now: number): Change {
  const end = now + longLeaseMs;
  return {
    key: { pk: mine.pk, sk: mine.sk },
    set: { availableAt: end },
    where: [...held(mine), ['availableAt', '>', now], ['availableAt', '<=', end]],
  };
}

/** What a renewal's answer means. */
export interface Renewed {
  /** The lease may be trusted for longer, counted from when this renewal was first sent. */
  renewed: boolean;
  ending?: Ending;
}

/** @param now as it stood in the renewal's condition */
export function judgeRenewal(mine: Mine, result: ChangeResult | undefined, now: number): Renewed {
  if (result === undefined || 'retry' in result) return { renewed: false };
  const found = result.applied ? result.record : result.found;
  const standing = judgeHeld(mine, found);
  if (standing !== 'ours') return { renewed: result.applied, ending: standing };
  if (result.applied) return { renewed: true };
  // Still ours, and refused: over, or pushed further by a clock that was ahead. The former is lost for good.
  return (found?.availableAt ?? 0) <= now ? { renewed: false, ending: 'lost' } : { renewed: false };
}

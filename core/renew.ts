import type { Change } from './change.ts';
import { held } from './settle.ts';
import type { JobRecord, Progress } from './table.ts';

/** What a holder reads in its job's record while the handler runs. */
export type Standing = 'ours' | Ending;

/** Why a handler is to end before its time: its cancel was asked for, or another owns the job. */
export type Ending = 'cancelled' | 'lost';

/** @param found the record as it stands, undefined if there is none any more */
export function judgeHeld(mine: JobRecord, found: JobRecord | undefined): Standing {
  if (found?.status !== 'running' || found.fence !== mine.fence) return 'lost';
  return found.cancelRequestedAt === undefined ? 'ours' : 'cancelled';
}

/** Characters of a progress note that are kept: the record is to stay within its 1,000 bytes. */
export const maxNoteLength = 100;

/** How far a handler says it is, as the record keeps it: a whole number of 0 to 100, a short note. Whatever it says, it fails no job. */
export function progressOf(percent: number, note: string | undefined, now: number): Progress {
  const whole = Math.min(Math.max(Math.floor(percent) || 0, 0), 100);
  // One line for a terminal: no control characters, no half of an emoji.
  const line = (note ?? '')
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
  const short = [...line].slice(0, maxNoteLength).join('');
  return { percent: whole, ...(short === '' ? {} : { note: short }), at: now };
}

/** How far the attempt is. The record it leaves tells its holder of a cancel. */
export function progressChange(mine: JobRecord, progress: Progress): Change {
  return { key: { pk: mine.pk, sk: mine.sk }, set: { progress }, where: held(mine) };
}

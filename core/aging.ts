import { type Lane, laneOf } from './lane.ts';
import { isWaiting } from './state.ts';
import type { JobRecord } from './table.ts';

/**
 * Aging: a job that has waited too long in its lane gets a second pointer in the next lane up, then in the
 * one above that. The fence makes the spare harmless.
 */

/** A job starves when it could have been claimed for so long, ms. */
export const starvationMs = 300_000;

/** From low to critical, each when the job has waited twice as long as for the one before: 5, 10, 20 minutes. */
const rising: readonly Lane[] = ['low', 'normal', 'high', 'critical'];

/**
 * A lane from which so many messages can be received already takes no more aged jobs: behind them a spare
 * helps nobody, and the urgent jobs that the lane is for would wait for the late ones of all others.
 */
export const roomForAged = 500;

/** How many messages can be received from a lane now; undefined where nobody knows. */
export type Depth = (queue: string, lane: Lane) => number | undefined;

/** Why a pointer is sent once more. */
export type Resent =
  /** Nothing can be received from its lane: its pointer is gone. */
  | { why: 'foundLost'; lane: Lane }
  /** Its lane is late. */
  | { why: 'aged'; lane: Lane }
  /** It is too early to say, or there is no lane above. */
  | { why: 'resent'; lane: Lane };

/** How long a job has waited to be claimed, ms; 0 for one that does not wait, or not yet. */
export function waitedMs(record: JobRecord, now: number): number {
  return isWaiting(record.status) ? Math.max(now - record.availableAt, 0) : 0;
}

/** The lanes whose depth decides about a record. None but for a starving one, or one in a long queue: it costs a call. */
export function lanesToAsk(record: JobRecord, now: number): { queue: string; lane: Lane }[] {
  const waited = waitedMs(record, now);
  const own = laneOf(record.priority);
  if (waited < starvationMs) return isInLane(record) ? [{ queue: record.queue, lane: own }] : [];
  return [...new Set([own, risen(own, waited)])].map((lane) => ({ queue: record.queue, lane }));
}

/** Its entry says that its pointer went first (`insertedEntry`): it is in its lane, or hidden behind a dead worker's receipt. */
function isInLane(record: JobRecord): boolean {
  return record.attentionStep === 0;
}

/** The lane for a waiting job's next pointer; undefined where its lane is busy or the one above has no room: look again later. */
export function laneOfWaiting(record: JobRecord, now: number, depthOf: Depth): Resent | undefined {
  const waited = waitedMs(record, now);
  const own = laneOf(record.priority);
  if (waited < starvationMs) {
    // Others wait there as well: its turn will come, and a spare for each would double a late lane.
    if (isInLane(record) && (depthOf(record.queue, own) ?? 0) > 0) return undefined;
    return { why: 'resent', lane: own };
  }
  if (depthOf(record.queue, own) === 0) return { why: 'foundLost', lane: own };
  const above = risen(own, waited);
  if (above === own) return { why: 'resent', lane: own };
  return (depthOf(record.queue, above) ?? 0) < roomForAged ? { why: 'aged', lane: above } : undefined;
}

/** One lane up after 5 minutes, two after 10, three after 20. */
function risen(own: Lane, waited: number): Lane {
  const lanes = 1 + Math.floor(Math.log2(waited / starvationMs));
  return rising[Math.min(rising.indexOf(own) + lanes, rising.length - 1)] ?? own;
}

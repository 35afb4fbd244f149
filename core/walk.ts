import { type Depth, starvationMs } from './aging.ts';
import { type DueDecision, entry, fitsDelay, handOverMs, judgeDue, releaseAt } from './attention.ts';
import type { Change } from './change.ts';
import { isFinal } from './state.ts';
import { type JobRecord, listShards, shardKey } from './table.ts';

/**
 * The walk: ids are in time order, so every shard is read once, behind a cursor, and what is not final and
 * has no entry gets one. It proves that no accepted job is looked at by nobody.
 */

/**
 * Ids younger than this are not walked yet. An id is minted before its pointer is sent; its record follows
 * within the 29 s of the request, or a repeat of the SDK's some two minutes later at the worst, and clocks
 * may be a minute apart. What came later still would have its pointer, and no entry.
 */
export const walkAgeMs = 5 * 60_000;

/** How far a group of shards is walked. Every shard belongs to one group, by its key, for ever. */
export interface WalkCursor {
  /** Its shards are walked up to ids minted at this time, ms; 0: not at all. */
  walkedTo: number;
  /** Shards that are walked further than that. */
  ahead: Record<string, number>;
}

/** A cursor's item must stay within DynamoDB's 400 KB: `ahead` has at most 50 bytes for each shard. */
export const walkGroups = 8;
const maxAhead = 6_000;

const neverWalked: WalkCursor = { walkedTo: 0, ahead: {} };

/** A stretch of one shard: ids minted at or after `from`, ms. */
export interface Leg {
  pk: string;
  from: number;
}

/** What became of a leg: ids minted before `reached` are walked. */
export interface Walked extends Leg {
  reached: number;
  /** Were there records at all, final ones included. */
  busy: boolean;
}

/** Empty looks at idle shards a minute, for all tenants together: they cost half a read unit each. */
const idleLooks = 1_000;
const longestIdleMinutes = 10;

/** How often an idle shard is looked at, in minutes: with many tenants less often. A busy one is, every minute. */
export function idleMinutes(shards: number): number {
  return Math.min(Math.max(Math.ceil(shards / idleLooks), 1), longestIdleMinutes);
}

/** The shards of all tenants, by their group. */
export function shardGroups(tenants: readonly string[]): string[][] {
  const groups: string[][] = Array.from({ length: walkGroups }, () => []);
  for (const tenant of tenants) {
    for (let shard = 0; shard < listShards(tenant); shard++) {
      const pk = shardKey(tenant, shard);
      groups[groupOf(pk)]?.push(pk);
    }
  }
  return groups;
}

/** Must never change: a shard that changes its group would be walked from another cursor. */
function groupOf(pk: string): number {
  let hash = 0;
  for (let index = 0; index < pk.length; index++) hash = (hash * 31 + pk.charCodeAt(index)) % 65_536;
  return hash % walkGroups;
}

/**
 * What is to be walked of a group now, what lags the most first: busy shards, and when idle ones are due, all.
 * @param until ids minted before this are walked, ms
 */
export function legsOf(
  cursor: WalkCursor = neverWalked,
  shards: readonly string[],
  until: number,
  minutes: number,
): Leg[] {
  // A run begins a little before or after its minute.
  const all = until - cursor.walkedTo >= (minutes - 0.5) * 60_000;
  return shards
    .filter((pk) => all || cursor.ahead[pk] !== undefined)
    .map((pk) => ({ pk, from: Math.max(cursor.ahead[pk] ?? 0, cursor.walkedTo) }))
    .filter((leg) => leg.from < until)
    .sort((a, b) => a.from - b.from);
}

/** The cursor after these legs. Only what was walked moves it: a run that broke off, or a second one, repeats and skips nothing. */
export function cursorAfter(
  cursor: WalkCursor = neverWalked,
  shards: readonly string[],
  walked: readonly Walked[],
  until: number,
  minutes: number,
): WalkCursor {
  const ahead = { ...cursor.ahead };
  for (const { pk, reached } of walked) ahead[pk] = reached;
  if (shards.every((pk) => (ahead[pk] ?? cursor.walkedTo) >= until)) {
    // Where idle shards are looked at every minute as well, nobody asks which are busy.
    const busy = minutes > 1 ? walked.filter((each) => each.busy) : [];
    return { walkedTo: until, ahead: Object.fromEntries(busy.map(({ pk }) => [pk, until])) };
  }
  return { walkedTo: cursor.walkedTo, ahead: Object.fromEntries(Object.entries(ahead).slice(0, maxAhead)) };
}

/** What a walked record asks for. */
export type WalkDecision =
  | { do: 'leave' }
  | { do: 'enter'; to: number }
  | Extract<DueDecision, { do: 'send' }>;

/**
 * Final, or in attention already → leave. Running → an entry a minute after its lease. Waiting for a time →
 * an entry when it will have starved; beyond 15 minutes when `release` must take it. Starved → as a due entry.
 */
export function judgeWalked(found: JobRecord, now: number, depthOf: Depth): WalkDecision {
  if (found.status === 'void' || isFinal(found.status) || found.attention !== undefined)
    return { do: 'leave' };
  if (found.status === 'running') return { do: 'enter', to: found.availableAt + handOverMs };
  if (!fitsDelay(found.availableAt, now)) return { do: 'enter', to: releaseAt(found.availableAt) };
  if (now - found.availableAt < starvationMs) return { do: 'enter', to: found.availableAt + starvationMs };
  const due = judgeDue(found, now, depthOf);
  return due.do === 'postpone' ? { do: 'enter', to: due.to } : due.do === 'send' ? due : { do: 'leave' };
}

/** The entry, conditional on what was read: whatever came since has been looked at by someone, or is walked again at once. */
export function walkedChange(found: JobRecord, decision: Exclude<WalkDecision, { do: 'leave' }>): Change {
  return {
    key: { pk: found.pk, sk: found.sk },
    set: {
      ...entry(found.sk, decision.to),
      ...(decision.do === 'send' ? { attentionStep: decision.stepMinutes } : {}),
    },
    where: [
      ['attention', 'missing'],
      ['status', '=', found.status],
      ['fence', '=', found.fence],
      ['availableAt', '=', found.availableAt],
    ],
  };
}

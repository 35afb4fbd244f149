import { type Change, type ChangeResult, type JobStore, leftBy } from '../../core/change.ts';
import { idFloor, mintedAtOf } from '../../core/id.ts';
import { laneOf } from '../../core/lane.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import type { Counts } from '../../core/telemetry.ts';
import {
  cursorAfter,
  idleMinutes,
  judgeWalked,
  type Leg,
  legsOf,
  shardGroups,
  type WalkCursor,
  type WalkDecision,
  type Walked,
  walkAgeMs,
  walkedChange,
} from '../../core/walk.ts';
import type { Delivery, Lanes } from '../lanes.ts';

/** The port to what is walked: read where the records lie, a page at a time, oldest first. */
export interface WalkedShards {
  /**
   * Records of one partition with `after < sk < before` that are not final and have no entry. The others are
   * looked at where they lie and not answered. Eventually consistent: a walked record is minutes old.
   * @returns `looked`: how many records there were; `next`: where the next page begins, absent after the last
   */
  unwatched(query: {
    pk: string;
    after: string;
    before: string;
  }): Promise<{ records: JobRecord[]; looked: number; next?: string }>;
}

/** The port to how far the walk is, by group of shards. */
export interface WalkCursors {
  read(): Promise<(WalkCursor | undefined)[]>;
  write(cursors: readonly WalkCursor[]): Promise<void>;
}

export interface WalkDeps {
  shards: WalkedShards;
  cursors: WalkCursors;
  /** Everyone who ever enqueued. */
  tenants: () => Promise<string[]>;
  store: Pick<JobStore, 'change'>;
  lanes: Pick<Lanes, 'deliver'>;
  now: () => number;
  onError: (message: string, error: unknown) => void;
}

/** Shards that are read at the same time. */
const atOnce = 32;
/** Room to bring the page at hand to its end and to store how far the walk came. */
const roomMs = 10_000;
/** A record that others keep changing meanwhile is looked at again so often, then at the next walk. */
const looks = 4;

/**
 * Walks every shard of every tenant once, behind a cursor: what is not final and has no entry gets one. Two
 * walks at once, and one that died, are harmless: entries are conditional on what was read, and the cursor
 * moves only over what was walked.
 * @param remainingMs until the function ends; where the walk broke off, the next one goes on
 * @returns `behindSeconds`: ids older than the walk's age by so much may not be walked yet
 */
export function walk(deps: WalkDeps) {
  return async (remainingMs: () => number, counts: Counts): Promise<{ behindSeconds: number }> => {
    const { cursors, tenants, now, onError } = deps;
    const until = now() - walkAgeMs;
    const [before, everyone] = await Promise.all([cursors.read(), tenants()]);
    const groups = shardGroups(everyone);
    const minutes = idleMinutes(groups.flat().length);
    const legs = groups
      .flatMap((shards, group) => legsOf(before[group], shards, until, minutes))
      .sort((a, b) => a.from - b.from);
    const walked: Walked[] = [];
    const worker = async (): Promise<void> => {
      for (let leg = legs.shift(); leg !== undefined; leg = legs.shift()) {
        const reached: Walked = { ...leg, reached: leg.from, busy: true };
        walked.push(reached);
        await walkLeg(deps, reached, until, remainingMs, counts).catch((error: unknown) =>
          onError('a shard could not be walked: the next walk goes on there', error),
        );
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const byKey = new Map(walked.map((each) => [each.pk, each]));
    const after = groups.map((shards, group) =>
      cursorAfter(
        before[group],
        shards,
        shards.flatMap((pk) => byKey.get(pk) ?? []),
        until,
        minutes,
      ),
    );
    await cursors.write(after);
    return {
      behindSeconds: Math.max(...after.map(({ walkedTo }) => Math.floor((until - walkedTo) / 1000)), 0),
    };
  };
}

/** Walks one shard, page by page, and notes in `leg` how far it came. */
async function walkLeg(
  deps: WalkDeps,
  leg: Leg & Walked,
  until: number,
  remainingMs: () => number,
  counts: Counts,
): Promise<void> {
  const before = idFloor(until);
  let after = idFloor(leg.from);
  let looked = 0;
  while (remainingMs() >= roomMs) {
    const page = await deps.shards.unwatched({ pk: leg.pk, after, before });
    looked += page.looked;
    if (!(await watch(deps, page.records, counts))) return;
    if (page.next === undefined) {
      leg.reached = until;
      leg.busy = looked > 0;
      return;
    }
    after = page.next;
    leg.reached = mintedAtOf(after);
  }
}

/** Gives each record its entry, and those that starve their pointer. False where a row was throttled to the end. */
async function watch(deps: WalkDeps, records: readonly JobRecord[], counts: Counts): Promise<boolean> {
  let open = [...records];
  for (let look = 0; look < looks && open.length > 0; look++) {
    const judged = open
      .map((record) => ({ record, decision: judgeWalked(record, deps.now()) }))
      .filter(isToWatch)
      .map((each) => ({ ...each, change: walkedChange(each.record, each.decision) }));
    const results = await deps.store.change(judged.map(({ change }) => change));
    const entered = judged.filter(({ change }, index) => isLeft(change, results[index]));
    await send(deps, entered, counts);
    // Changed since it was read, and perhaps still without an entry: looked at again, as it is now.
    open = judged.flatMap((each, index) =>
      entered.includes(each) ? [] : againAs(each.record, results[index]),
    );
  }
  return open.length === 0;
}

interface Judged {
  record: JobRecord;
  decision: Exclude<WalkDecision, { do: 'leave' }>;
}

function isToWatch(each: { record: JobRecord; decision: WalkDecision }): each is Judged {
  return each.decision.do !== 'leave';
}

function isLeft(change: Change, result: ChangeResult | undefined): boolean {
  return result !== undefined && leftBy(change, result) !== undefined;
}

/** What is to be judged instead of this record: itself where the row was throttled, nothing where it is gone. */
function againAs(record: JobRecord, result: ChangeResult | undefined): JobRecord[] {
  if (result === undefined || result.applied) return [];
  if ('retry' in result) return [record];
  return result.found === undefined ? [] : [result.found];
}

async function send({ lanes, onError }: WalkDeps, entered: readonly Judged[], counts: Counts): Promise<void> {
  const deliveries = entered.flatMap(({ record, decision }): Delivery[] =>
    decision.do === 'send'
      ? [
          {
            queue: record.queue,
            lane: laneOf(record.priority),
            pointer: { tenant: tenantOf(record), jobId: record.sk },
            delaySeconds: decision.delaySeconds,
          },
        ]
      : [],
  );
  counts.watched = (counts.watched ?? 0) + entered.length - deliveries.length;
  counts.foundLate = (counts.foundLate ?? 0) + deliveries.length;
  // They have their entries: what is not taken now is sent again when those are due.
  await lanes
    .deliver(deliveries)
    .catch((error: unknown) => onError('the pointers of late jobs could not be sent: release will', error));
}

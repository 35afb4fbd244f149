import type { ChangeResult, JobStore } from '../../core/change.ts';
import { idFloor, mintedAtOf } from '../../core/id.ts';
import type { JobRecord } from '../../core/table.ts';
import type { Counts } from '../../core/telemetry.ts';
import {
  cursorAfter,
  idleMinutes,
  judgeWalked,
  legsOf,
  shardGroups,
  type WalkCursor,
  type Walked,
  walkAgeMs,
  walkedChange,
} from '../../core/walk.ts';
import type { LaneDepth, Lanes } from '../lanes.ts';
import { type KnownDepths, knownDepths } from './depths.ts';
import { type Send, sendPointers, stands, unread } from './handover.ts';

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
  depth: LaneDepth;
  now: () => number;
  onError: (message: string, error: unknown) => void;
}

interface Run extends WalkDeps {
  depths: KnownDepths;
  counts: Counts;
  remainingMs: () => number;
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
 */
export function walk(deps: WalkDeps) {
  return async (remainingMs: () => number, counts: Counts): Promise<void> => {
    const { cursors, tenants, now, onError } = deps;
    const run: Run = { ...deps, depths: knownDepths(deps.depth, onError), counts, remainingMs };
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
        await walkLeg(run, reached, until).catch((error: unknown) =>
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
    // Ids older than the walk's age by so much may not be walked yet.
    counts.walkBehind = Math.max(...after.map(({ walkedTo }) => Math.floor((until - walkedTo) / 1000)));
  };
}

/** Walks one shard, page by page, and notes in `leg` how far it came. */
async function walkLeg(run: Run, leg: Walked, until: number): Promise<void> {
  const before = idFloor(until);
  let after = idFloor(leg.from);
  let looked = 0;
  while (run.remainingMs() >= roomMs) {
    const page = await run.shards.unwatched({ pk: leg.pk, after, before });
    looked += page.looked;
    if (!(await watch(run, page.records))) return;
    if (page.next === undefined) {
      leg.reached = until;
      leg.busy = looked > 0;
      return;
    }
    after = page.next;
    leg.reached = mintedAtOf(after);
  }
}

/** Gives each record its entry, and those that starve a pointer. False where a row was throttled to the end. */
async function watch(run: Run, records: readonly JobRecord[]): Promise<boolean> {
  const { store, lanes, now, depths, counts, onError } = run;
  let open = [...records];
  for (let look = 0; look < looks && open.length > 0; look++) {
    await depths.ask(open, now());
    const judged = open.flatMap((record) => {
      const decision = judgeWalked(record, now(), depths.of);
      if (decision.do === 'leave') return [];
      if (decision.do === 'send' && decision.why === 'aged') depths.add(record.queue, decision.lane);
      return [{ record, decision, change: unread(walkedChange(record, decision)) }];
    });
    const results = await store.change(judged.map(({ change }) => change));
    const entered = judged.filter(({ change }, index) => stands(change, results[index]));
    counts.watched = (counts.watched ?? 0) + entered.length;
    // They have their entries: what is not sent now is sent again when those are due.
    await sendPointers(
      lanes,
      entered.filter((each): each is typeof each & { decision: Send } => each.decision.do === 'send'),
      counts,
    ).catch((error: unknown) => onError('the pointers of late jobs could not be sent: release will', error));
    // Changed since it was read, and perhaps still without an entry: judged again, as it is now.
    open = judged.flatMap((each, index) =>
      entered.includes(each) ? [] : again(each.record, results[index]),
    );
  }
  return open.length === 0;
}

/** What is to be judged instead of this record: itself where the row was throttled, nothing where it is gone. */
function again(record: JobRecord, result: ChangeResult | undefined): JobRecord[] {
  if (result === undefined || result.applied) return [];
  if ('retry' in result) return [record];
  return result.found === undefined ? [] : [result.found];
}

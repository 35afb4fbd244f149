import { delaySecondsUntil, fitsDelay } from '../core/attention.ts';
import type { Change, JobStore } from '../core/change.ts';
import { leftBy } from '../core/change.ts';
import {
  dependenciesOf,
  judgeDependencies,
  lookAgainSeconds,
  metChange,
  missedChange,
  watchChange,
  watchersOf,
} from '../core/dependencies.ts';
import { laneOf } from '../core/lane.ts';
import { isFinal } from '../core/state.ts';
import { type JobRecord, jobKey, type RecordKey, tenantOf } from '../core/table.ts';
import type { Delivery, Lanes } from './lanes.ts';
import type { Tell } from './tell.ts';

export interface LookDeps {
  /** As it is: what jobs end here is followed here. */
  store: Pick<JobStore, 'get' | 'change'>;
  now: () => number;
}

/**
 * Looks after jobs that wait for others: hands over those whose dependencies have ended, cancels those whose can not
 * be met, and notes the others where whoever ends what they wait for will read it. What it cancels is followed to
 * the jobs that wait for that.
 * Doing it twice does no more than once.
 */
export type Look = (jobs: readonly RecordKey[]) => Promise<Looked>;

export interface Looked {
  /** Pointers to be sent: their records stand, each with an entry. */
  sends: Delivery[];
  /** Jobs that run, and whose records have just been told who waits for them. */
  noted: JobRecord[];
  /** Some rows were throttled to the end: look again. */
  unfinished: boolean;
}

/** A chain of jobs that are cancelled is followed job by job; what is further away is looked after by its entry. */
const mostRounds = 200;
/** Others change a record meanwhile, or DynamoDB throttles it. */
const mostTries = 5;

export function look({ store, now }: LookDeps): Look {
  return async (jobs) => {
    const sends = new Map<string, Delivery>();
    const noted: JobRecord[] = [];
    const tried = new Map<string, number>();
    const followed = new Set<string>();
    let unfinished = false;
    /** Once each: nobody comes to wait for a job that has ended. Whoever waits for many of a chain is woken by each. */
    const waitersOnce = (ended: readonly JobRecord[]): RecordKey[] => {
      const fresh = ended.filter((each) => !followed.has(nameOf(each)));
      for (const each of fresh) followed.add(nameOf(each));
      return fresh.flatMap(waiters);
    };
    let open = unique(jobs);
    for (let round = 0; open.length > 0 && round < mostRounds; round++) {
      const found = (await store.get(open)).filter((each) => each !== undefined);
      // Handed over by a look before this one, whose process may have died before it sent the pointer.
      if (round === 0) for (const each of found) if (isHandedOver(each)) send(each, sends);
      const waiting = found.filter((each) => each.status === 'waiting_dependencies');
      const { ended, again } = await lookAt(waiting, sends, noted);
      const overtaken = unique(again).filter((key) => {
        const count = (tried.get(nameOf(key)) ?? 0) + 1;
        tried.set(nameOf(key), count);
        unfinished ||= count > mostTries;
        return count <= mostTries;
      });
      const final = found.filter((each) => isFinal(each.status));
      open = unique([...waitersOnce([...final, ...ended]), ...overtaken]);
    }
    return { sends: [...sends.values()], noted, unfinished };
  };

  /** @returns which of them were cancelled, and which are to be looked at again: something came in between */
  async function lookAt(
    waiting: readonly JobRecord[],
    sends: Map<string, Delivery>,
    noted: JobRecord[],
  ): Promise<{ ended: JobRecord[]; again: RecordKey[] }> {
    const records = await read(waiting);
    const at = now();
    const moves: { record: JobRecord; change: Change }[] = [];
    /** Awaited records, and who waits for them. */
    const awaited = new Map<string, { record: JobRecord; by: JobRecord[] }>();
    for (const record of waiting) {
      const on = dependenciesOf(record);
      const judged = judgeDependencies(
        on,
        on.map(({ id }) => records.get(nameOf(jobKey(tenantOf(record), id)))),
      );
      if (judged.do === 'run') moves.push({ record, change: metChange(record, at) });
      else if (judged.do === 'cancel')
        moves.push({ record, change: missedChange(record, judged.because, at) });
      else
        for (const each of judged.open) {
          const known = awaited.get(nameOf(each)) ?? { record: each, by: [] };
          awaited.set(nameOf(each), { ...known, by: [...known.by, record] });
        }
    }
    const { ended, overtaken } = await move(moves, sends);
    return { ended, again: [...overtaken, ...(await watch([...awaited.values()], sends, noted))] };
  }

  async function read(waiting: readonly JobRecord[]): Promise<Map<string, JobRecord>> {
    const keys = unique(
      waiting.flatMap((record) => dependenciesOf(record).map(({ id }) => jobKey(tenantOf(record), id))),
    );
    const found = await store.get(keys);
    return new Map(found.flatMap((each) => (each === undefined ? [] : [[nameOf(each), each]])));
  }

  async function move(
    moves: readonly { record: JobRecord; change: Change }[],
    sends: Map<string, Delivery>,
  ): Promise<{ ended: JobRecord[]; overtaken: JobRecord[] }> {
    const results = moves.length === 0 ? [] : await store.change(moves.map(({ change }) => change));
    const ended: JobRecord[] = [];
    const overtaken: JobRecord[] = [];
    for (const [index, { record, change }] of moves.entries()) {
      const left = leftBy(change, results[index] ?? { applied: false, retry: true });
      if (left === undefined) overtaken.push(record);
      else if (isFinal(left.status)) ended.push(left);
      else send(left, sends);
    }
    return { ended, overtaken };
  }

  /** Later ones have their entry: `release` sends them in their last quarter of an hour. */
  function send(record: JobRecord, sends: Map<string, Delivery>): void {
    const at = now();
    if (fitsDelay(record.availableAt, at))
      sends.set(nameOf(record), pointerTo(record, delaySecondsUntil(record.availableAt, at)));
  }

  /** Notes who waits. One batch may name a record once, whoever waits for it. */
  async function watch(
    awaited: readonly { record: JobRecord; by: JobRecord[] }[],
    sends: Map<string, Delivery>,
    noted: JobRecord[],
  ): Promise<RecordKey[]> {
    const wanted = awaited.flatMap(({ record, by }) => {
      const change = watchChange(
        record,
        by.map(({ sk }) => sk),
      );
      return change === undefined ? [] : [{ change, by }];
    });
    const results = wanted.length === 0 ? [] : await store.change(wanted.map(({ change }) => change));
    return wanted.flatMap(({ change, by }, index) => {
      const result = results[index] ?? { applied: false, retry: true };
      const left = leftBy(change, result);
      if (left === undefined || isFinal(left.status)) return by;
      // Its holder claimed it before and does not know: it may end unheard.
      if (left.status === 'running') {
        noted.push(left);
        for (const each of by) sends.set(nameOf(each), pointerTo(each, lookAgainSeconds));
      }
      return [];
    });
  }
}

/** Looks after those who wait for jobs that have ended, and sends their pointers at once. Throws when that could not be done. */
export function tellWaiting({ lanes, ...deps }: LookDeps & { lanes: Pick<Lanes, 'deliver'> }): Tell {
  const lookAfter = look(deps);
  return async (ended) => {
    const { sends, unfinished } = await lookAfter(ended.flatMap(waiters));
    // The records stand, with their entries: a pointer that is not taken now is sent by `release`.
    if (sends.length > 0) await lanes.deliver(sends);
    if (unfinished)
      throw new Error('jobs that wait for others could not all be looked after: DynamoDB throttles');
  };
}

/** It waited for others, does so no more, and has not begun. */
function isHandedOver({ status, dependencies, fence }: JobRecord): boolean {
  return dependencies !== undefined && fence === 0 && (status === 'pending' || status === 'scheduled');
}

function waiters(record: JobRecord): RecordKey[] {
  return watchersOf(record).map((id) => jobKey(tenantOf(record), id));
}

function pointerTo(record: JobRecord, delaySeconds: number): Delivery {
  const pointer = { tenant: tenantOf(record), jobId: record.sk };
  return { queue: record.queue, lane: laneOf(record.priority), pointer, delaySeconds };
}

function unique(keys: readonly RecordKey[]): RecordKey[] {
  return [...new Map(keys.map(({ pk, sk }) => [nameOf({ pk, sk }), { pk, sk }])).values()];
}

function nameOf({ pk, sk }: RecordKey): string {
  return `${pk}/${sk}`;
}

import { type Change, type JobStore, leftBy } from '../../core/change.ts';
import { cancelOf } from '../../core/manage.ts';
import type { Done } from '../../core/operation.ts';
import type { JobRecord } from '../../core/table.ts';
import type { Changed } from './operate.ts';
import { paused } from './retry.ts';

export interface CancelDeps {
  store: JobStore;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

/** A job that was claimed or settled between reading and writing is decided anew, so often. */
const triesOfMoving = 5;

/** A job and its cancel as it was decided: sent again, it is the same, so that its own first send is known by it. */
interface Open {
  id: string;
  change: Change;
  /** How often it was decided. */
  decided: number;
}

/**
 * Cancels jobs as a person's cancel does one: those that wait at once, of those that run the holder is asked.
 * @param isMeant of a job that moved on meanwhile: where those that wait are meant, one that runs now is left alone
 */
export function cancelJobs({ store, now, sleep }: CancelDeps, isMeant: (found: JobRecord) => boolean) {
  return async (records: readonly JobRecord[]): Promise<Changed> => {
    const done: Done[] = [];
    const decide = (found: JobRecord, before = 0): Open[] => {
      const change = isMeant(found) ? cancelOf(found, now()) : undefined;
      if (change !== undefined && before < triesOfMoving)
        return [{ id: found.sk, change, decided: before + 1 }];
      done.push({ id: found.sk, skipped: 'changed' });
      return [];
    };
    let open = records.flatMap((each) => decide(each));
    for (let throttledTries = 0; open.length > 0; ) {
      const results = await store.change(open.map(({ change }) => change));
      let isThrottled = false;
      open = open.flatMap((each, index): Open[] => {
        const result = results[index] ?? { applied: false, retry: true };
        if ('retry' in result) {
          isThrottled = true;
          return [each];
        }
        if (leftBy(each.change, result) !== undefined) done.push({ id: each.id });
        else if (!result.applied && result.found !== undefined) return decide(result.found, each.decided);
        else done.push({ id: each.id, skipped: 'changed' });
        return [];
      });
      if (isThrottled && !(await paused(sleep, throttledTries++))) break;
    }
    return { done, left: open.map(({ id }) => id) };
  };
}

/** Is a job cancelled, or has its holder been asked: it may have completed all the same. */
export function wasCancelled({ status, cancelRequestedAt }: JobRecord): boolean {
  return status === 'cancelled' || cancelRequestedAt !== undefined;
}

import { type Change, type JobStore, leftBy } from '../../core/change.ts';
import { cancelOf } from '../../core/manage.ts';
import type { Done } from '../../core/operation.ts';
import type { JobRecord } from '../../core/table.ts';
import { throttled } from './retry.ts';

export interface CancelDeps {
  store: JobStore;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

/** A job that was claimed or settled between reading and writing is decided anew, so often. */
const triesOfMoving = 5;

/** Cancels jobs as a person's cancel does one: those that wait at once, of those that run the holder is asked. */
export function cancelJobs({ store, now, sleep }: CancelDeps) {
  return async (records: readonly JobRecord[]): Promise<Done[]> => {
    const done: Done[] = [];
    let open = [...records];
    let throttledTries = 0;
    for (let tries = 0; open.length > 0; tries++) {
      const wanted = open.flatMap((found) => {
        const change = cancelOf(found, now());
        if (change === undefined || tries >= triesOfMoving + throttledTries) {
          done.push({ id: found.sk, skipped: 'changed' });
          return [];
        }
        return [{ found, change }];
      });
      const results = await store.change(wanted.map(({ change }): Change => change));
      open = [];
      let isThrottled = false;
      for (const [index, { found, change }] of wanted.entries()) {
        const result = results[index] ?? { applied: false, retry: true };
        if (leftBy(change, result) !== undefined) done.push({ id: found.sk });
        else if (!result.applied && 'retry' in result) {
          isThrottled = true;
          open.push(found);
        } else if (!result.applied && result.found !== undefined) open.push(result.found);
        else done.push({ id: found.sk, skipped: 'changed' });
      }
      if (isThrottled) {
        await throttled(sleep, throttledTries);
        throttledTries++;
      }
    }
    return done;
  };
}

import type { JobStore } from '../../core/change.ts';
import { type Ending, judgeHeld } from '../../core/renew.ts';
import type { JobRecord } from '../../core/table.ts';

/** Tells a running job when its record says that it is to end, until the function it returns is called. */
export type Watch = (record: JobRecord, end: (why: Ending) => void) => () => void;

export interface LookoutDeps {
  store: JobStore;
  /** Calls back after so many ms, unless cancelled by the function it returns. */
  after: (ms: number, callback: () => void) => () => void;
  onError: (message: string, error: unknown) => void;
}

/** PROTOCOL, "Leases": jobs that end sooner are never looked at. */
const lookEveryMs = 5_000;

/**
 * Watches the jobs of one invocation of a short queue: every 5 s, one consistent read for all that still
 * run. Nothing is renewed; a cancel is heard of so, and a job that another owns.
 */
export function lookout({ store, after, onError }: LookoutDeps): Watch {
  const running = new Map<JobRecord, (why: Ending) => void>();
  let cancelLook = (): void => {};
  /** A read is under way: its end plans the next one. */
  let looking = false;

  const plan = (): void => {
    cancelLook = after(lookEveryMs, () => {
      looking = true;
      void look()
        .catch((error: unknown) => onError('the records of running jobs could not be read', error))
        .finally(() => {
          looking = false;
          if (running.size > 0) plan();
        });
    });
  };

  const look = async (): Promise<void> => {
    const records = [...running.keys()];
    const found = await store.get(records);
    for (const [index, record] of records.entries()) {
      const standing = judgeHeld(record, found[index]);
      if (standing !== 'ours') running.get(record)?.(standing);
    }
  };

  return (record, end) => {
    running.set(record, end);
    if (running.size === 1 && !looking) plan();
    return () => {
      running.delete(record);
      if (running.size === 0) cancelLook();
    };
  };
}

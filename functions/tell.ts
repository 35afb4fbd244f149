import type { ChangeResult, JobStore } from '../core/change.ts';
import { isFinal } from '../core/state.ts';
import { type JobRecord, tenantOf } from '../core/table.ts';
import { decodeLink } from '../core/workflow/link.ts';
import { newsOf } from '../core/workflow/news.ts';
import { type WakeDeps, wake } from './wake.ts';
import { clocks } from './work/clocks.ts';

/** Jobs that are final, of workflows or awaited by others: tells those so. Throws when one could not be told. */
export type Tell = (records: readonly JobRecord[]) => Promise<void>;

/**
 * One write for each workflow, however many of its jobs ended, then the execution that waits is woken. What is told
 * twice is told once: news are a set.
 */
export function tellWorkflows(deps: WakeDeps): Tell {
  return async (records) => {
    await Promise.all(
      byWorkflow(records).map(({ tenant, workflow, news }) => wake(deps, tenant, workflow, news)),
    );
  };
}

/** How long the rows that share a call wait for the telling: they have been claimed or settled, and their leases run. */
const patienceOfHoldersMs = 1_000;
/** For whoever holds no lease: well below the 29 s that API Gateway waits. A process that has answered tells nobody any more. */
export const patienceOfCallersMs = 20_000;

/**
 * The store of whoever holds messages: a job that this one made final, or found final, and that a workflow or other
 * jobs wait for, is told of before the answer is seen; so before its message is given up. Breaks it off in between,
 * the message comes back, finds the job final, and it is told then. No stream is needed for it, and no wake-up is
 * lost with a process.
 * A row whose end could not be told, or not soon, is answered as one to send again: by then the telling that goes on
 * may be done. It does not throw: the jobs that share its call would lose their leases.
 * @param after calls back after so many ms, unless cancelled by the function it returns
 * @param patienceMs how long rows wait for the telling
 */
export function tellingStore(
  store: JobStore,
  tell: Tell,
  onError: (message: string, error: unknown) => void,
  after: (ms: number, callback: () => void) => () => void = clocks.after,
  patienceMs = patienceOfHoldersMs,
): JobStore {
  /** Jobs that are being told of: who is sent again waits for the same telling. */
  const going = new Map<string, Promise<boolean>>();

  function telling(records: readonly JobRecord[]): Promise<boolean> {
    const told = tell(records)
      .then(
        () => true,
        (error: unknown) => {
          onError('who waits for jobs that ended could not be told: they are looked at again', error);
          return false;
        },
      )
      .finally(() => {
        for (const { sk } of records) going.delete(sk);
      });
    for (const { sk } of records) going.set(sk, told);
    return told;
  }

  return {
    ...store,
    async change(changes) {
      const results = await store.change(changes);
      const ended = results.flatMap(endedIn);
      if (ended.length === 0) return results;
      const fresh = ended.filter(({ sk }) => !going.has(sk));
      const all = new Set(ended.flatMap(({ sk }) => going.get(sk) ?? []));
      if (fresh.length > 0) all.add(telling(fresh));
      if (await inTime(Promise.all(all), patienceMs, after)) return results;
      return results.map((each) => (endedIn(each).length > 0 ? { applied: false, retry: true } : each));
    },
  };
}

/** Was everything told in time. */
async function inTime(
  all: Promise<boolean[]>,
  patienceMs: number,
  after: (ms: number, callback: () => void) => () => void,
): Promise<boolean> {
  let cancel = (): void => {};
  const late = new Promise<boolean[]>((resolve) => {
    cancel = after(patienceMs, () => resolve([false]));
  });
  const told = await Promise.race([all, late]);
  cancel();
  return told.every(Boolean);
}

function endedIn(result: ChangeResult): JobRecord[] {
  const record = 'record' in result ? result.record : 'found' in result ? result.found : undefined;
  const isHeard = record?.workflow !== undefined || record?.watchers !== undefined;
  return record !== undefined && isHeard && isFinal(record.status) ? [record] : [];
}

function byWorkflow(records: readonly JobRecord[]): { tenant: string; workflow: string; news: string[] }[] {
  const told = new Map<string, { tenant: string; workflow: string; news: string[] }>();
  for (const record of records) {
    const link = record.workflow === undefined ? undefined : decodeLink(record.workflow);
    if (link === undefined || !isFinal(record.status)) continue;
    const tenant = tenantOf(record);
    const key = `${tenant}/${link.workflow}`;
    const each = told.get(key) ?? { tenant, workflow: link.workflow, news: [] };
    each.news.push(newsOf(link, record.status));
    told.set(key, each);
  }
  return [...told.values()];
}

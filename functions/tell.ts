import type { ChangeResult, JobStore } from '../core/change.ts';
import { isFinal } from '../core/state.ts';
import { type JobRecord, tenantOf } from '../core/table.ts';
import { decodeLink } from '../core/workflow/link.ts';
import { newsOf } from '../core/workflow/news.ts';
import { type Executions, goOn, type Workflows } from './workflows.ts';

/** Jobs of workflows that are final: tells their workflows so. Throws when one could not be told. */
export type Tell = (records: readonly JobRecord[]) => Promise<void>;

/**
 * One write for each workflow, however many of its jobs ended, then the execution that waits is woken. What is told
 * twice is told once: news are a set.
 */
export function tellWorkflows({
  workflows,
  executions,
}: {
  workflows: Workflows;
  executions: Executions;
}): Tell {
  return async (records) => {
    await Promise.all(
      byWorkflow(records).map(async ({ tenant, workflow, news }) => {
        const raised = await workflows.raise(tenant, workflow, news);
        // A hand-back that is lost is made up for by the wait's own timeout.
        if (raised?.token !== undefined) await executions.handBack(raised.token, goOn());
      }),
    );
  };
}

/**
 * The store of whoever holds messages: a job of a workflow that this one made final, or found final, is told of
 * before the answer is seen; so before its message is given up. Breaks it off in between, the message comes back,
 * finds the job final, and it is told then. No stream is needed for it, and no wake-up is lost with a process.
 * A row whose end could not be told is answered as one to send again. It does not throw: the jobs that share its
 * call have been claimed or settled, and would lose their leases.
 */
export function tellingStore(
  store: JobStore,
  tell: Tell,
  onError: (message: string, error: unknown) => void,
): JobStore {
  return {
    ...store,
    async change(changes) {
      const results = await store.change(changes);
      const ended = results.flatMap(endedIn);
      if (ended.length === 0) return results;
      try {
        await tell(ended);
        return results;
      } catch (error) {
        onError('a workflow could not be told that its jobs ended: they are looked at again', error);
        return results.map((each) => (endedIn(each).length > 0 ? { applied: false, retry: true } : each));
      }
    },
  };
}

function endedIn(result: ChangeResult): JobRecord[] {
  const record = 'record' in result ? result.record : 'found' in result ? result.found : undefined;
  return record?.workflow !== undefined && isFinal(record.status) ? [record] : [];
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

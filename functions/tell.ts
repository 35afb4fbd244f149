import { isFinal } from '../../core/state.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import { decodeLink } from '../../core/workflow/link.ts';
import { newsOf } from '../../core/workflow/news.ts';
import { type Executions, goOn, type Workflows } from '../workflows.ts';

export interface PublishDeps {
  workflows: Workflows;
  executions: Executions;
  onError: (message: string, error: unknown) => void;
}

/** What is looked at of a job's new image. */
export type JobImage = Pick<JobRecord, 'pk' | 'sk' | 'status' | 'workflow'>;

/** News for one workflow. */
interface Told {
  tenant: string;
  workflow: string;
  news: string[];
}

/**
 * Tells workflows of their nodes' jobs that became final: one write for each workflow of the batch, however many
 * of its jobs ended; then the execution that waits is woken. What cannot be told now is told by the wait's own
 * timeout: the next advance reads the jobs themselves.
 * @param records the new images of jobs, as the stream gives them
 * @returns how many workflows were woken, and how many could not be told
 */
export function publish({ workflows, executions, onError }: PublishDeps) {
  const tell = async ({ tenant, workflow, news }: Told): Promise<'woken' | 'told'> => {
    const raised = await workflows.raise(tenant, workflow, news);
    if (raised?.token === undefined) return 'told';
    await executions.handBack(raised.token, goOn());
    return 'woken';
  };
  return async (records: readonly JobImage[]): Promise<{ woken: number; untold: number }> => {
    const ends = await Promise.all(
      byWorkflow(records).map((each) =>
        tell(each).catch((error: unknown) => {
          onError('a workflow could not be told that its jobs ended: its next timeout finds out', error);
          return 'untold' as const;
        }),
      ),
    );
    return {
      woken: ends.filter((each) => each === 'woken').length,
      untold: ends.filter((each) => each === 'untold').length,
    };
  };
}

function byWorkflow(records: readonly JobImage[]): Told[] {
  const told = new Map<string, Told>();
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

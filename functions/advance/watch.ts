import type { Counts } from '../../core/telemetry.ts';
import { executionName } from '../../core/workflow/item.ts';
import { judgeWatched, type Mark, watchPartition, watchPartitions } from '../../core/workflow/watch.ts';
import { type Executions, firstWaitSeconds, type Workflows } from '../workflows.ts';
import { type AnnounceDeps, announce } from './announce.ts';

export interface WatchDeps extends AnnounceDeps {
  workflows: Workflows;
  executions: Executions;
  now: () => number;
  onError: (message: string, error: unknown) => void;
}

/** Workflows that are looked at at the same time. */
const atOnce = 16;
/** Room to bring a look to its end. */
const roomMs = 10_000;

/**
 * Looks after running workflows, every minute at those whose time it is: starts the next execution of one whose own is
 * gone, and counts those in which nothing runs and nothing can start. Two at once are harmless: an execution's number
 * rises by a conditional write, and its name is started once.
 */
export function watchWorkflows(deps: WatchDeps) {
  const { workflows, executions, now, onError } = deps;
  const tellEnd = announce(deps);
  return async (remainingMs: () => number, counts: Counts): Promise<void> => {
    const partitions = Array.from({ length: watchPartitions }, (_, index) => watchPartition(index));
    const due = (await Promise.all(partitions.map((each) => workflows.marks(each, now())))).flat();
    const worker = async (): Promise<void> => {
      for (let mark = due.shift(); mark !== undefined; mark = due.shift()) {
        if (remainingMs() < roomMs) return;
        await look(mark, counts).catch((error: unknown) =>
          onError('a workflow could not be looked after: the next minute tries again', error),
        );
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  };

  async function look(mark: Mark, counts: Counts): Promise<void> {
    const { tenant, workflow } = mark;
    const item = await workflows.get(tenant, workflow);
    const decision = judgeWatched(mark, item, now());
    if (decision.do === 'drop') {
      // Its execution may have been lost between its end and the telling of it.
      if (item !== undefined) await tellEnd(tenant, item);
      return workflows.unmark(mark);
    }
    if (decision.do === 'later') {
      if (decision.stuck) counts.workflowsStuck = (counts.workflowsStuck ?? 0) + 1;
      return workflows.mark({ ...mark, lookAt: decision.to });
    }
    if (item === undefined) return;
    const lookAt = now() + firstWaitSeconds * 1000;
    if (!(await workflows.revive(item, lookAt))) return;
    counts.workflowsRevived = (counts.workflowsRevived ?? 0) + 1;
    await executions.start(executionName(workflow, item.execution + 1), { tenant, workflow });
    await workflows.mark({ ...mark, lookAt: decision.to });
  }
}

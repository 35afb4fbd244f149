import { problem } from '../../core/problem.ts';
import type { RecordKey } from '../../core/table.ts';
import type { WorkflowItem } from '../../core/workflow/item.ts';
import type { Workflows } from '../workflows.ts';

/** A call that has taken the key for a workflow may not have stored it, or begun it anew, yet. */
const beginsWithinMs = 60_000;

/**
 * Takes a unique key for a workflow, from one that has ended or never came to be. Who was taken for such and comes to
 * run after all, late, is stopped by its own first advance, which takes the key again before it begins anything.
 * @returns what stands in the way: the one that runs, or a call that is starting one
 */
export async function holdUnique(
  { workflows, now }: { workflows: Workflows; now: () => number },
  tenant: string,
  key: RecordKey,
  id: string,
): Promise<{ item: WorkflowItem } | { problem: typeof busy } | undefined> {
  const holder = await workflows.holdKey(key, id, now());
  if (holder === undefined) return undefined;
  const item = await workflows.get(tenant, holder.workflow);
  if (item?.status === 'running') return { item };
  const isBeginning = holder.expiresAt === undefined && now() - holder.heldAt < beginsWithinMs;
  if (!isBeginning && (await workflows.holdKey(key, id, now(), holder)) === undefined) return undefined;
  return { problem: busy };
}

const busy = problem('busy', 'another call is starting the workflow of this unique_key; repeat this one', {
  retryAfterSeconds: 5,
});

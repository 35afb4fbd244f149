import { mintedAtOf } from '../../core/id.ts';
import { problem } from '../../core/problem.ts';
import type { RecordKey } from '../../core/table.ts';
import type { WorkflowItem } from '../../core/workflow/item.ts';
import type { Workflows } from '../workflows.ts';

/** A workflow may not have been stored yet by the call that holds its key. */
const storesWithinMs = 60_000;

/**
 * Takes a unique key for a workflow, from one that has ended or never came to be.
 * @returns what stands in the way: the one that runs, or a call that is starting one
 */
export async function holdUnique(
  { workflows, now }: { workflows: Workflows; now: () => number },
  tenant: string,
  key: RecordKey,
  id: string,
): Promise<{ item: WorkflowItem } | { problem: typeof busy } | undefined> {
  const holder = await workflows.holdKey(key, id);
  if (holder === undefined) return undefined;
  const item = await workflows.get(tenant, holder);
  if (item?.status === 'running') return { item };
  const young = item === undefined && now() - mintedAtOf(holder) < storesWithinMs;
  if (!young && (await workflows.holdKey(key, id, holder)) === undefined) return undefined;
  return { problem: busy };
}

const busy = problem('busy', 'another call is starting the workflow of this unique_key; repeat this one', {
  retryAfterSeconds: 5,
});

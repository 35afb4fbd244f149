import { mintedAtOf } from '../../core/id.ts';
import { rfc3339 } from '../../core/view.ts';
import type { WorkflowView } from '../../core/workflow/api.ts';
import type { WorkflowItem } from '../../core/workflow/item.ts';
import type { NodeState } from '../../core/workflow/states.ts';

/** The workflow as the API shows it, without its nodes. */
export function viewOf(item: WorkflowItem, states: readonly NodeState[] = []): WorkflowView {
  const counts: Record<string, number> = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return {
    id: item.sk,
    tenant: item.pk.split('#')[1] ?? '',
    status: item.status,
    tags: item.tags ?? [],
    created_at: rfc3339(mintedAtOf(item.sk)),
    ...(item.finishedAt === undefined ? {} : { finished_at: rfc3339(item.finishedAt) }),
    ...(item.timeoutAt === undefined ? {} : { timeout_at: rfc3339(item.timeoutAt) }),
    created_by: item.createdBy,
    advances: item.advancesInAll,
    node_counts: counts,
  };
}

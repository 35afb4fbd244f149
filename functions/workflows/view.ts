import { mintedAtOf } from '../../core/id.ts';
import { rfc3339 } from '../../core/view.ts';
import type { WorkflowView } from '../../core/workflow/api.ts';
import type { WorkflowItem } from '../../core/workflow/item.ts';
import { countStates, type NodeState } from '../../core/workflow/states.ts';

/**
 * The workflow as the API shows it, without its nodes.
 * @param states of its nodes now; without them the counts are those of its last advance
 */
export function viewOf(item: WorkflowItem, states?: readonly NodeState[]): WorkflowView {
  return {
    id: item.sk,
    tenant: item.pk.split('#')[1] ?? '',
    status: item.status,
    phase: item.phase,
    ...(item.stopped === undefined ? {} : { stopped: item.stopped }),
    ...(item.stuck === true && item.status === 'running' ? { stuck: true } : {}),
    tags: item.tags ?? [],
    created_at: rfc3339(mintedAtOf(item.sk)),
    ...(item.finishedAt === undefined ? {} : { finished_at: rfc3339(item.finishedAt) }),
    ...(item.timeoutAt === undefined ? {} : { timeout_at: rfc3339(item.timeoutAt) }),
    created_by: item.createdBy,
    advances: item.advancesInAll,
    node_counts: (states === undefined ? (item.counts ?? {}) : countStates(states)) as Record<string, number>,
  };
}

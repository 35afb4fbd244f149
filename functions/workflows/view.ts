import { mintedAtOf } from '../../core/id.ts';
import { rfc3339 } from '../../core/view.ts';
import type { WorkflowView } from '../../core/workflow/api.ts';
import type { WorkflowItem } from '../../core/workflow/item.ts';
import { encodeNews } from '../../core/workflow/news.ts';
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
    phase: phaseOf(item),
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

/** A cancel that no advance has heard of yet counts: whoever was told that it is stopping sees it stopping. */
function phaseOf({ status, phase, unread }: WorkflowItem): WorkflowItem['phase'] {
  return status === 'running' && phase === 'forward' && unread?.has(cancel) ? 'stopping' : phase;
}

const cancel = encodeNews({ of: 'cancel' });

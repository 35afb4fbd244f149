import { listShards } from '../../core/table.ts';
import { type WorkflowItem, workflowShard } from '../../core/workflow/item.ts';
import { isListed, workflowFilterOf } from '../../core/workflow/list.ts';
import type { ApiAnswer, ApiRequest } from '../http.ts';
import { listShardsNewest } from '../shards.ts';
import type { Workflows } from '../workflows.ts';
import { viewOf } from './view.ts';

/** GET /v1/workflows: newest first, as jobs are listed. */
export function listWorkflows({ workflows }: { workflows: Workflows }) {
  return async ({ tenant, query }: ApiRequest): Promise<ApiAnswer> => {
    const filter = workflowFilterOf(query);
    if (!filter.ok) return filter;
    const { items, ...more } = await listShardsNewest({
      partitions: Array.from({ length: listShards(tenant) }, (_, shard) => workflowShard(tenant, shard)),
      newest: (asked) => workflows.newest(asked),
      bounds: filter.value,
      matches: (item: WorkflowItem) => isListed(item, filter.value),
      filtered: filter.value.status !== undefined || filter.value.tags.length > 0,
    });
    return { status: 200, body: { workflows: items.map((item) => viewOf(item)), ...more } };
  };
}

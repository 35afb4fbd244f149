import type { JobStore } from '../../core/change.ts';
import { type ListFilter, matches } from '../../core/list.ts';
import { type JobRecord, listShards, shardKey } from '../../core/table.ts';
import { listShardsNewest } from '../shards.ts';

/** A tenant's jobs, newest first, from all its shards at once. */
export async function listJobs(
  store: JobStore,
  tenant: string,
  filter: ListFilter,
): Promise<{ records: JobRecord[]; cursor?: string }> {
  const { items, ...more } = await listShardsNewest({
    partitions: Array.from({ length: listShards(tenant) }, (_, shard) => shardKey(tenant, shard)),
    newest: (query) => store.newest(query),
    bounds: filter,
    matches: (record: JobRecord) => matches(record, filter),
    filtered: isFiltered(filter),
  });
  return { records: items, ...more };
}

function isFiltered({ status, type, queue, tags }: ListFilter): boolean {
  return status !== undefined || type !== undefined || queue !== undefined || tags.length > 0;
}

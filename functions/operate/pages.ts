import type { FailedEntry, JobStore } from '../../core/change.ts';
import type { Position } from '../../core/failures.ts';
import { idFloor, mintedAtOf } from '../../core/id.ts';
import { failedPartitionOf, type JobRecord, jobKey, listShards, shardKey } from '../../core/table.ts';

/** A page of a walk: what was looked at, and where the next page begins; without that, the walk is over. */
export interface Page<T> {
  looked: T[];
  next?: Position;
}

/** Bounds in ms: `since` inclusive, `until` exclusive. */
interface Span {
  since: number;
  until: number;
}

/**
 * Failed jobs of one shard of a tenant's that failed in a span, oldest failure first; eventually consistent. A walk
 * that goes on under another span than it began with looks at what of it is left in that.
 */
export async function failedPage(
  store: JobStore,
  tenant: string,
  { since, until }: Span,
  { shard, last }: Position,
  limit: number,
): Promise<Page<FailedEntry>> {
  const looked = await store.failed({
    partition: failedPartitionOf(tenant, shard),
    // DynamoDB refuses to go on from outside the bounds.
    since: Math.max(since, last?.at ?? 0),
    until,
    ...(last === undefined || last.at < since
      ? {}
      : { after: { ...jobKey(tenant, last.id), attentionAt: last.at } }),
    limit,
  });
  const end = looked.at(-1);
  const next =
    end !== undefined && looked.length === limit
      ? { shard, last: { id: end.sk, at: end.attentionAt } }
      : shardAfter(tenant, shard);
  return { looked, ...(next === undefined ? {} : { next }) };
}

/** Jobs of one shard of a tenant's that were created in a span, newest first; eventually consistent. */
export async function createdPage(
  store: JobStore,
  tenant: string,
  { since, until }: Span,
  { shard, last }: Position,
  limit: number,
): Promise<Page<JobRecord>> {
  // Both bounds are inclusive: the last one comes again and is left out.
  const read = await store.newest({
    pk: shardKey(tenant, shard),
    before: last?.id ?? idFloor(until),
    after: since === 0 ? '0' : idFloor(since),
    limit: limit + 1,
  });
  const looked = read.filter((each) => each.sk !== last?.id).slice(0, limit);
  const end = looked.at(-1);
  const next =
    end !== undefined && read.length > limit
      ? { shard, last: { id: end.sk, at: mintedAtOf(end.sk) } }
      : shardAfter(tenant, shard);
  return { looked, ...(next === undefined ? {} : { next }) };
}

function shardAfter(tenant: string, shard: number): Position | undefined {
  return shard + 1 < listShards(tenant) ? { shard: shard + 1 } : undefined;
}

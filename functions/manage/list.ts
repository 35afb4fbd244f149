import type { JobStore } from '../../core/change.ts';
import { encodeCursor, type ListFilter, matches } from '../../core/list.ts';
import { type JobRecord, listShards, shardKey } from '../../core/table.ts';

/** One answer looks at no more records than this: a rare match must not read a whole tenant. */
const maxLookedAt = 4_000;

interface Shard {
  pk: string;
  buffer: JobRecord[];
  /** Where the next read of the shard begins, exclusive; undefined when it has no more. */
  before: string | undefined;
}

/**
 * A tenant's jobs, newest first, from all its shards at once: every shard is read backwards, a few records
 * at a time, and the newest of all buffers goes next. A filtered page may be short; only a missing cursor
 * means the end.
 */
export async function listJobs(
  store: JobStore,
  tenant: string,
  filter: ListFilter,
): Promise<{ records: JobRecord[]; cursor?: string }> {
  const shards = Array.from(
    { length: listShards(tenant) },
    (_, shard): Shard => ({ pk: shardKey(tenant, shard), buffer: [], before: filter.before }),
  );
  const records: JobRecord[] = [];
  let looked = 0;
  let last: string | undefined;
  while (records.length < filter.limit && looked < maxLookedAt) {
    await refill(store, shards, filter);
    const newest = shards.reduce((best, shard) =>
      (shard.buffer[0]?.sk ?? '') > (best.buffer[0]?.sk ?? '') ? shard : best,
    );
    const record = newest.buffer.shift();
    if (record === undefined) return { records };
    looked++;
    last = record.sk;
    if (matches(record, filter)) records.push(record);
  }
  await refill(store, shards, filter);
  const more = shards.some((shard) => shard.buffer.length > 0);
  return more && last !== undefined ? { records, cursor: encodeCursor(last) } : { records };
}

/** Records of a shard that are read at a time when a filter leaves most of them out. */
const filteredPage = 100;

function isFiltered({ status, type, queue, tags }: ListFilter): boolean {
  return status !== undefined || type !== undefined || queue !== undefined || tags.length > 0;
}

/** Reads on in every shard whose buffer is empty, all at once. */
async function refill(store: JobStore, shards: Shard[], filter: ListFilter): Promise<void> {
  const { limit, after } = filter;
  // With a filter, most of what is read is left out: few large reads then, instead of many small ones.
  const page = isFiltered(filter) ? filteredPage : Math.ceil((limit * 2) / shards.length) + 2;
  await Promise.all(
    shards.map(async (shard) => {
      if (shard.buffer.length > 0 || shard.before === undefined) return;
      const { before } = shard;
      // The bound is inclusive, so one more is asked for and the bound itself is left out.
      const read = await store.newest({ pk: shard.pk, before, after, limit: page + 1 });
      shard.buffer = read.filter((each) => each.sk < before);
      shard.before = read.length > page ? read.at(-1)?.sk : undefined;
    }),
  );
}

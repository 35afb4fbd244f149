import { encodeCursor, type ListBounds } from '../core/list.ts';
import type { RecordKey } from '../core/table.ts';

/** One answer looks at no more items than this: a rare match must not read a whole tenant. */
const maxLookedAt = 4_000;
/** Items of a shard that are read at a time when a filter leaves most of them out. */
const filteredPage = 100;

/** How a list is read. */
export interface Listing<T extends RecordKey> {
  partitions: readonly string[];
  /** Of one partition with `after <= sk <= before`, newest first, at most `limit`. */
  newest: (query: { pk: string; before: string; after: string; limit: number }) => Promise<T[]>;
  bounds: ListBounds;
  matches: (item: T) => boolean;
  /** Does `matches` leave anything out. */
  filtered: boolean;
}

interface Shard<T> {
  pk: string;
  buffer: T[];
  /** Where the next read of the shard begins, exclusive; undefined when it has no more. */
  before: string | undefined;
}

/**
 * What lies in several shards, newest first: every shard is read backwards, a few items at a time, and the newest
 * of all buffers goes next. A filtered page may be short; only a missing cursor means the end.
 */
export async function listShardsNewest<T extends RecordKey>(
  listing: Listing<T>,
): Promise<{ items: T[]; cursor?: string }> {
  const { bounds, matches } = listing;
  const shards = listing.partitions.map((pk): Shard<T> => ({ pk, buffer: [], before: bounds.before }));
  const items: T[] = [];
  let looked = 0;
  let last: string | undefined;
  while (items.length < bounds.limit && looked < maxLookedAt) {
    await refill(listing, shards);
    const newest = shards.reduce((best, shard) =>
      (shard.buffer[0]?.sk ?? '') > (best.buffer[0]?.sk ?? '') ? shard : best,
    );
    const item = newest.buffer.shift();
    if (item === undefined) return { items };
    looked++;
    last = item.sk;
    if (matches(item)) items.push(item);
  }
  await refill(listing, shards);
  const more = shards.some((shard) => shard.buffer.length > 0);
  return more && last !== undefined ? { items, cursor: encodeCursor(last) } : { items };
}

/** Reads on in every shard whose buffer is empty, all at once. */
async function refill<T extends RecordKey>(
  { newest, bounds, filtered }: Listing<T>,
  shards: Shard<T>[],
): Promise<void> {
  const { limit, after } = bounds;
  // With a filter, most of what is read is left out: few large reads then, instead of many small ones.
  const page = filtered ? filteredPage : Math.ceil((limit * 2) / shards.length) + 2;
  await Promise.all(
    shards.map(async (shard) => {
      if (shard.buffer.length > 0 || shard.before === undefined) return;
      const { before } = shard;
      // The bound is inclusive, so one more is asked for and the bound itself is left out.
      const read = await newest({ pk: shard.pk, before, after, limit: page + 1 });
      shard.buffer = read.filter((each) => each.sk < before);
      shard.before = read.length > page ? read.at(-1)?.sk : undefined;
    }),
  );
}

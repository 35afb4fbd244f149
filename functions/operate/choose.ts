import type { JobStore } from '../../core/change.ts';
import type { Position } from '../../core/failures.ts';
import { mintedAtOf } from '../../core/id.ts';
import {
  type CancelMany,
  cancellable,
  isMeant,
  type ManyFilter,
  manyFilterOf,
  type RetryMany,
} from '../../core/many.ts';
import { type JobRecord, listShards } from '../../core/table.ts';
import { createdPage, failedPage, type Page } from './pages.ts';

/** Which jobs an operation is for. */
export interface Choice {
  /** The next jobs of a tenant that seem to be meant; reads may be stale. `looked` counts those passed over too. */
  page(from: Position, limit: number): Promise<Candidates>;
  /** Shards that the pages go through, one after the other. */
  shards: number;
  /** Is the job meant, by its record as it is now. */
  isMeant(record: JobRecord): boolean;
}

export interface Candidates {
  ids: { id: string; at: number }[];
  looked: number;
  /** Absent at the end. */
  next?: Position;
}

/**
 * Failed jobs by the time of their failure, from the index; cancelled ones by their creation, from all jobs.
 * @param before ms: what ended since is not meant, so that no job is retried twice by one operation
 */
export function chooseForRetry(store: JobStore, tenant: string, asked: RetryMany, before: number): Choice {
  const { patch: _, canary: __, status = 'failed', ...rest } = asked;
  const filter = manyFilterOf(rest, before);
  if (status === 'cancelled') {
    const meant = (each: JobRecord) =>
      each.status === 'cancelled' &&
      (each.finishedAt ?? 0) < before &&
      isMeant(each, filter) &&
      wasCreated(each, filter);
    return byCreation(store, tenant, filter, meant);
  }
  return {
    shards: listShards(tenant),
    page: async (from, limit) =>
      candidates(
        await failedPage(store, tenant, filter, from, limit),
        (each) => isMeant(each, filter),
        (each) => each.attentionAt,
      ),
    isMeant: (each) =>
      each.status === 'failed' &&
      (each.finishedAt ?? 0) >= filter.since &&
      (each.finishedAt ?? 0) < filter.until &&
      isMeant(each, filter),
  };
}

/** Jobs that are not final, by their creation. @param before ms: later ones are not meant */
export function chooseForCancel(store: JobStore, tenant: string, asked: CancelMany, before: number): Choice {
  const { status, ...rest } = asked;
  const filter = manyFilterOf(rest, before);
  const states: readonly string[] = status === undefined ? cancellable : [status];
  const meant = (each: JobRecord) =>
    states.includes(each.status) &&
    // Its holder has been asked already.
    each.cancelRequestedAt === undefined &&
    isMeant(each, filter) &&
    wasCreated(each, filter);
  return byCreation(store, tenant, filter, meant);
}

function byCreation(
  store: JobStore,
  tenant: string,
  filter: ManyFilter,
  meant: (record: JobRecord) => boolean,
): Choice {
  return {
    shards: listShards(tenant),
    page: async (from, limit) =>
      candidates(await createdPage(store, tenant, filter, from, limit), meant, ({ sk }) => mintedAtOf(sk)),
    isMeant: meant,
  };
}

function wasCreated({ sk }: JobRecord, { since, until }: ManyFilter): boolean {
  const at = mintedAtOf(sk);
  return at >= since && at < until;
}

function candidates<T extends { sk: string }>(
  { looked, next }: Page<T>,
  meant: (each: T) => boolean,
  at: (each: T) => number,
): Candidates {
  return {
    ids: looked.filter(meant).map((each) => ({ id: each.sk, at: at(each) })),
    looked: looked.length,
    ...(next === undefined ? {} : { next }),
  };
}

/** How many jobs are meant, as far as a bounded look tells, and the ids of the first. */
export async function countMeant(
  choice: Choice,
  most: number,
  mostExamples: number,
): Promise<{ matched: number; more: boolean; examples: string[] }> {
  const examples: string[] = [];
  let matched = 0;
  let looked = 0;
  let from: Position | undefined = { shard: 0 };
  while (from !== undefined && looked < most) {
    const page: Candidates = await choice.page(from, Math.min(1_000, most - looked));
    matched += page.ids.length;
    examples.push(...page.ids.slice(0, mostExamples - examples.length).map(({ id }) => id));
    looked += page.looked;
    from = page.next;
  }
  return { matched, more: from !== undefined, examples };
}

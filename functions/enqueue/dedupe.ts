import type { JobStore } from '../../core/change.ts';
import {
  bodyHash,
  type DedupeItem,
  dedupedId,
  judgePosition,
  keyOfDedupe,
  mintedAgain,
  newDedupe,
} from '../../core/dedupe.ts';
import { tombstone } from '../../core/newjob.ts';
import { type Checked, problem } from '../../core/problem.ts';
import { type JobRecord, jobKey, type RecordKey } from '../../core/table.ts';
import type { Keys } from '../keys.ts';

/** The port to idempotency items. */
export interface DedupeStore {
  /** Writes the item unless its key is held and not expired; then returns the holder. */
  hold(item: DedupeItem, now: number): Promise<DedupeItem | undefined>;
  /** The item that holds a key, unless it has expired. */
  find(key: RecordKey, now: number): Promise<DedupeItem | undefined>;
  /** Writes the item if the stored one has the revision before it. */
  replace(item: DedupeItem): Promise<boolean>;
}

/** A request with its Idempotency-Key. */
interface Keyed {
  tenant: string;
  route: string;
  key: string;
  body: unknown;
}

/** What a request with a key may do: each position stands already, or is to be enqueued under this id. */
export interface Holding {
  /** Was the key used before, by this same body. */
  repeated: boolean;
  ids: string[];
  stands: (JobRecord | undefined)[];
}

interface HoldDeps {
  dedupe: DedupeStore;
  store: JobStore;
  keys: Keys;
  now: () => number;
}

/** Does the job of a request for one stand already, by an earlier request with the same key and body. Writes nothing. */
export async function standsAlready(
  { dedupe, store, keys, now }: HoldDeps,
  { tenant, route, key, body }: Keyed,
): Promise<boolean> {
  const secret = (await keys.dedupeKey(tenant)).bytes;
  const held = await dedupe.find(keyOfDedupe(tenant, route, key, secret), now());
  if (held?.body !== bodyHash(body, secret)) return false;
  const [record] = await store.get([jobKey(tenant, dedupedId(held, tenant, 0, secret))]);
  return record !== undefined && record.status !== 'void';
}

/**
 * Holds an idempotency key for a request, before any pointer is sent.
 * @param request `at`: when it was read, ms: its jobs are created, and run, as of then
 * @param positions which positions of the request hold a valid job
 */
export function holdKey({ dedupe, store, keys, now }: HoldDeps) {
  return async (request: Keyed & { at: number }, positions: readonly number[]): Promise<Checked<Holding>> => {
    const { tenant } = request;
    const secret = (await keys.dedupeKey(tenant)).bytes;
    const fresh = newDedupe(
      keyOfDedupe(tenant, request.route, request.key, secret),
      request.body,
      secret,
      request.at,
    );
    const held = await dedupe.hold(fresh, now());
    const idsOf = (item: DedupeItem) =>
      positions.map((position) => dedupedId(item, tenant, position, secret));
    if (held === undefined || isOwn(held, fresh))
      return {
        ok: true,
        value: { repeated: false, ids: idsOf(fresh), stands: positions.map(() => undefined) },
      };
    if (held.body !== bodyHash(request.body, secret)) return { ok: false, problem: conflict };

    const ids = idsOf(held);
    const stands = await store.get(ids.map((id) => jobKey(tenant, id)));
    const verdicts = stands.map((record, index) => judgePosition(held, positions[index] ?? 0, record, now()));
    if (verdicts.includes('busy')) return { ok: false, problem: busy };

    const dead = verdicts.flatMap((verdict, index) => (verdict === 'tombstone_first' ? [index] : []));
    const laid = await store.insert(dead.map((index) => tombstone(jobKey(tenant, ids[index] ?? ''), now())));
    // A record that came after all, or a tombstone not surely laid: the next call sees which.
    if (laid.some((each) => !each.inserted && !('found' in each && each.found.status === 'void')))
      return { ok: false, problem: busy };

    const gone = verdicts.flatMap((verdict, index) => (verdict === 'stands' ? [] : [index]));
    if (gone.length === 0) return { ok: true, value: { repeated: true, ids, stands } };
    const next = mintedAgain(
      held,
      gone.map((index) => positions[index] ?? 0),
      now(),
    );
    if (!(await dedupe.replace(next))) return { ok: false, problem: busy };
    return {
      ok: true,
      value: {
        repeated: true,
        ids: idsOf(next),
        stands: stands.map((record) => (record?.status === 'void' ? undefined : record)),
      },
    };
  };
}

/**
 * This call's own hold, its answer lost and sent again by the SDK; or that of a twin in the same millisecond,
 * which is no matter: both mint the same ids, and an insert that finds its own id has succeeded.
 */
function isOwn(held: DedupeItem, fresh: DedupeItem): boolean {
  return held.at === fresh.at && held.revision === 0 && held.body === fresh.body;
}

const conflict = problem(
  'idempotency_conflict',
  'this Idempotency-Key was used with another body; send a new key, or the same body',
  {
    details: [{ path: 'Idempotency-Key', message: 'must be new for a new request' }],
  },
);

const busy = problem(
  'busy',
  'a request with this Idempotency-Key is still at work, or broke off within the last minute; repeat it with the same key',
  {
    retryAfterSeconds: 5,
  },
);

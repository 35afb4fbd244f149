import { isDeepStrictEqual } from 'node:util';
import type { JobStore } from '../../core/change.ts';
import type { DedupeItem } from '../../core/dedupe.ts';
import type { Effects, EffectsStore } from '../../core/once.ts';
import type { Elsewhere, Sealed } from '../../core/table.ts';
import type { WalkCursor } from '../../core/walk.ts';
import type { DedupeStore } from '../../functions/enqueue/dedupe.ts';
import type { Keys } from '../../functions/keys.ts';
import type { LaneDepth, Lanes } from '../../functions/lanes.ts';
import type { Checkpoint, Checkpoints } from '../../functions/operate/checkpoints.ts';
import type { WalkCursors, WalkedShards } from '../../functions/release/walk.ts';
import type { Vault } from '../../functions/vault.ts';
import { memoryCheckpoints } from '../support/memory-checkpoints.ts';
import { memoryEffects } from '../support/memory-effects.ts';
import { laneName, type SimulatedLanes } from './lanes.ts';
import type { Process } from './process.ts';
import { between } from './random.ts';
import type { SimulatedTable } from './table.ts';
import type { FlowPorts } from './workflow/ports.ts';

/** All that a function reaches the world through. */
export interface Ports {
  store: JobStore;
  lanes: Lanes;
  vault: Vault;
  dedupe: DedupeStore;
  effects: EffectsStore;
  checkpoints: Checkpoints;
  depth: LaneDepth;
  shards: WalkedShards;
  cursors: WalkCursors;
  /** Where a history has workflows. */
  flows?: FlowPorts;
}

export interface PortParts {
  table: SimulatedTable;
  lanes: SimulatedLanes;
  /** Sealed values outside their records, by where. */
  sealed: Map<string, Sealed>;
  keys: Map<string, DedupeItem>;
  /** What `once` has stored, by job. */
  effects: Map<string, Effects>;
  /** How far each operation on many jobs is. */
  checkpoints: Pick<Map<string, Checkpoint>, 'get' | 'set'>;
  /** How far the walk is. */
  walked: { cursors: readonly (WalkCursor | undefined)[] };
  flowsOf?: (process: Process) => FlowPorts;
}

/** The ports of a process: every call goes through it, may go wrong, and may find it dead. */
export function portsOf(process: Process, parts: PortParts): Ports {
  return {
    store: storeOf(process, parts),
    lanes: lanesOf(process, parts),
    vault: vaultOf(process, parts),
    dedupe: dedupeOf(process, parts),
    effects: memoryEffects(
      { around: (method, _rows, perform) => process.call(method, [], perform) },
      parts.effects,
    ),
    checkpoints: memoryCheckpoints(
      { around: (method, _rows, perform) => process.call(method, of(process.operation), perform) },
      parts.checkpoints,
    ),
    // SQS counts approximately, and late.
    depth: (queue, lane) =>
      process.call('depth', [], () =>
        process.strikes('stale') ? 0 : parts.lanes.visible(laneName(queue, lane)),
      ),
    shards: {
      // Most shards of most walks hold nothing: no call is simulated for them.
      unwatched: async (query) =>
        parts.table.unwatched(query).looked === 0
          ? { records: [], looked: 0 }
          : process.call('unwatched', [], () => parts.table.unwatched(query)),
    },
    cursors: {
      read: () => process.call('read cursors', [], () => [...parts.walked.cursors]),
      write: (cursors) =>
        process.call('write cursors', [], () => {
          parts.walked.cursors = cursors;
        }),
    },
    ...(parts.flowsOf === undefined ? {} : { flows: parts.flowsOf(process) }),
  };
}

function storeOf(process: Process, { table }: PortParts): JobStore {
  /** How far the index lags behind for this process. */
  let staleMs: number | undefined;
  const lagMs = (): number => {
    staleMs ??= process.strikes('stale') ? between(process.random, 1_000, 10_000) : 0;
    return staleMs;
  };
  return {
    insert: async (records) =>
      records.length === 0
        ? []
        : process.call('insert', ids(records), (how) => table.insert(records, process, how)),
    change: async (changes) =>
      changes.length === 0
        ? []
        : process.call('change', ids(changes.map((each) => each.key)), (how) =>
            table.change(changes, process, how),
          ),
    get: async (keys) => (keys.length === 0 ? [] : process.call('get', ids(keys), () => table.get(keys))),
    // An empty partition is most of them: no call is simulated for it.
    async newest(query) {
      const lag = lagMs();
      return table.newest(query, lag).length === 0
        ? []
        : process.call('newest', [], () => table.newest(query, lag));
    },
    async failed(query) {
      const lag = lagMs();
      return table.failed(query, lag).length === 0
        ? []
        : process.call('failed', [], () => table.failed(query, lag));
    },
    async attention(query) {
      const lag = lagMs();
      return table.attention(query, lag).length === 0
        ? []
        : process.call('attention', [], () => table.attention(query, lag));
    },
  };
}

function ids(keys: readonly { sk: string }[]): string[] {
  return keys.map((each) => each.sk);
}

function of(operation: string | undefined): string[] {
  return operation === undefined ? [] : [operation];
}

function lanesOf(process: Process, { lanes }: PortParts): Lanes {
  return {
    deliver: async (deliveries) =>
      deliveries.length === 0
        ? []
        : process.call(
            'deliver',
            deliveries.map((each) => each.pointer.jobId),
            () => lanes.deliver(deliveries, process),
          ),
    hide: (hidings) => process.call('hide', [], () => lanes.hide(hidings, process)),
  };
}

class KmsRefused extends Error {
  override name = 'KMSInternalException';
}

class StorageFailed extends Error {
  override name = 'InternalError';
}

/** Sealing is not simulated, only that it may fail: a sealed value is its own plain text. */
function vaultOf(process: Process, { sealed }: PortParts): Vault {
  const kms = (kind: 'sealing' | 'opening'): void => {
    if (process.strikes(kind)) throw new KmsRefused(`KMS refuses ${kind}`);
  };
  const storage = (): void => {
    if (process.strikes('storing')) throw new StorageFailed('the sealed values cannot be reached');
  };
  const put = (where: string, value: Sealed, jobId: string): Promise<Elsewhere> =>
    process.call('put', [jobId], () => {
      storage();
      sealed.set(where, value);
      return { v: 1, at: 'item', where, bytes: value.data.length, hash: new Uint8Array(1) } as const;
    });
  let puts = 0;
  return {
    seal: (plain, { jobId }) =>
      process.call('seal', [jobId], () => {
        kms('sealing');
        return sealedAs(plain);
      }),
    putElsewhere: (value, { jobId, field }) => put(`${process.name}/${field}/${++puts}`, value, jobId),
    putError: async (value, { jobId, fence }) => void (await put(`${jobId}/error/${fence}`, value, jobId)),
    listErrors: async () => [],
    open: (stored, { jobId }) =>
      process.call('open', [jobId], () => {
        kms('opening');
        if ('at' in stored) storage();
        const value = 'at' in stored ? sealed.get(stored.where) : stored;
        return value === undefined ? undefined : JSON.parse(Buffer.from(value.data).toString());
      }),
  };
}

function sealedAs(plain: Uint8Array): Sealed {
  return {
    v: 1,
    data: plain,
    iv: new Uint8Array(12),
    tag: new Uint8Array(16),
    key_id: 'v1',
    algorithm: 'A256GCM-HKDF',
    encoding: 'plain',
  };
}

/** Idempotency items, as those that pass the contract suite. */
function dedupeOf(process: Process, { keys }: PortParts): DedupeStore {
  return {
    hold: (item, now) =>
      process.call('hold', [], () => {
        const held = keys.get(item.pk);
        if (held !== undefined && held.expiresAt * 1000 > now) return { ...held };
        keys.set(item.pk, item);
        return undefined;
      }),
    find: ({ pk }, now) =>
      process.call('find', [], () => {
        const held = keys.get(pk);
        return held !== undefined && held.expiresAt * 1000 > now ? { ...held } : undefined;
      }),
    replace: (item) =>
      process.call('replace', [], () => {
        const held = keys.get(item.pk);
        if (held?.revision !== item.revision - 1) return isDeepStrictEqual(held, item);
        keys.set(item.pk, item);
        return true;
      }),
  };
}

const key = async () => ({ id: 'v1', bytes: new Uint8Array(32) });

/** Keys are not simulated: sealing and opening fail or succeed as calls. */
export const keys: Keys = { sealingKey: key, openingKey: key, dedupeKey: key };

import type { JobStore } from '../../core/change.ts';
import type { Effects } from '../../core/once.ts';
import type { Sealed } from '../../core/table.ts';
import type { Keys } from '../../functions/keys.ts';
import type { Lanes } from '../../functions/lanes.ts';
import type { Vault } from '../../functions/vault.ts';
import { memoryEffects } from '../support/memory-effects.ts';
import type { SimulatedLanes } from './lanes.ts';
import type { Process } from './process.ts';
import type { SimulatedTable } from './table.ts';

/** Bugs that can be planted, each by altering what passes one port. */
export interface Plants {
  table?: (store: JobStore) => JobStore;
  lanes?: (lanes: Lanes) => Lanes;
}

interface Parts {
  table: SimulatedTable;
  lanes: SimulatedLanes;
  plants: Plants;
  refusesToSeal: () => boolean;
}

/** The ports of a process: every call goes through it, and may find it dead. */
export function makePorts({ table, lanes, plants, refusesToSeal }: Parts) {
  const effects = new Map<string, Effects>();

  const storeOf = (process: Process): JobStore => {
    const store: JobStore = {
      insert: (records) =>
        records.length === 0 ? Promise.resolve([]) : process.call('insert', () => table.insert(records)),
      change: (changes) =>
        changes.length === 0
          ? Promise.resolve([])
          : process.call('change', () => table.change(changes, process.owner)),
      get: (keys) => (keys.length === 0 ? Promise.resolve([]) : process.call('get', () => table.get(keys))),
      newest: () => Promise.resolve([]),
      failed: () => Promise.resolve([]),
      // An empty partition is most of them: no call is simulated for it.
      attention: (query) =>
        table.attention(query).length === 0
          ? Promise.resolve([])
          : process.call('attention', () => table.attention(query)),
    };
    return plants.table?.(store) ?? store;
  };

  const lanesOf = (process: Process): Lanes => {
    const port: Lanes = {
      deliver: (deliveries) =>
        deliveries.length === 0
          ? Promise.resolve([])
          : process.call('deliver', () => lanes.deliver(deliveries)),
      hide: (hidings) => process.call('hide', () => lanes.hide(hidings)),
    };
    return plants.lanes?.(port) ?? port;
  };

  const vaultOf = (process: Process): Vault => ({
    seal: (plain) => process.call('seal', () => sealing(plain)),
    putElsewhere: (sealed) =>
      process.call(
        'put',
        () => ({ v: 1, at: 'item', where: 'x', bytes: sealed.data.length, hash: new Uint8Array(1) }) as const,
      ),
    putError: () => process.call('put error', () => undefined),
    listErrors: async () => [],
    open: (stored) =>
      process.call('open', () => ('data' in stored ? JSON.parse(Buffer.from(stored.data).toString()) : {})),
  });

  function sealing(plain: Uint8Array): Sealed {
    if (refusesToSeal()) throw new Error('KMS refuses');
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

  const onceOf = (process: Process) => ({
    effects: memoryEffects({ around: (method, _, perform) => process.call(method, perform) }, effects),
    newSeed: () => new Uint8Array(16),
  });

  return { storeOf, lanesOf, vaultOf, onceOf };
}

/** Keys are not simulated: sealing fails or succeeds as a call. */
export const keys: Keys = {
  sealingKey: async () => ({ id: 'v1', bytes: new Uint8Array(32) }),
  openingKey: async () => ({ id: 'v1', bytes: new Uint8Array(32) }),
  dedupeKey: async () => ({ id: 'dedupe', bytes: new Uint8Array(32) }),
};

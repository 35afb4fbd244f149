import type { Sealed } from '../../core/table.ts';
import type { SealedStore } from '../../functions/vault.ts';
import { type Faults, noFaults } from './faults.ts';

/** Sealed values outside their records, in memory, held to the same suite as the real ones. */
export interface MemorySealed extends SealedStore {
  /** `jobId/name` of every item, and the key of every object. */
  names(): string[];
  /** Takes an item or an object away, as time and brooms do. */
  remove(name: string): void;
}

export function memorySealed(faults: Faults = noFaults()): MemorySealed {
  const items = new Map<string, Sealed>();
  const objects = new Map<string, Uint8Array>();
  const nameOf = (each: { jobId: string; name: string }) => `${each.jobId}/${each.name}`;
  const copy = (sealed: Sealed | undefined) => sealed && structuredClone(sealed);

  return {
    names: () => [...items.keys(), ...objects.keys()],
    remove: (name) => void (items.delete(name) || objects.delete(name)),
    putItems: (named) =>
      faults.around('putItems', named.length, () => {
        for (const each of named) items.set(nameOf(each), structuredClone(each.sealed));
      }),
    getItems: (names) =>
      faults.around('getItems', names.length, () => names.map((each) => copy(items.get(nameOf(each))))),
    listItems: (jobId, prefix) =>
      faults.around('listItems', 1, () =>
        [...items]
          .filter(([name]) => name.startsWith(`${jobId}/${prefix}`))
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([, sealed]) => structuredClone(sealed)),
      ),
    putObject: (key, body) => faults.around('putObject', 1, () => void objects.set(key, body.slice())),
    getObject: (key) => faults.around('getObject', 1, () => objects.get(key)?.slice()),
  };
}

import { isDeepStrictEqual } from 'node:util';
import type { DedupeItem } from '../../core/dedupe.ts';
import type { DedupeStore } from '../../functions/enqueue/dedupe.ts';
import { type Faults, noFaults } from './faults.ts';

/** Idempotency items in memory, held to the same suite as the real ones. */
export function memoryDedupe(faults: Faults = noFaults()): DedupeStore & { items: Map<string, DedupeItem> } {
  const items = new Map<string, DedupeItem>();
  return {
    items,
    hold: (item, now) =>
      faults.around('hold', 1, () => {
        const held = items.get(item.pk);
        if (held !== undefined && held.expiresAt > Math.floor(now / 1000)) return structuredClone(held);
        items.set(item.pk, structuredClone(item));
        return undefined;
      }),
    find: ({ pk }, now) =>
      faults.around('find', 1, () => {
        const held = items.get(pk);
        return held !== undefined && held.expiresAt > Math.floor(now / 1000)
          ? structuredClone(held)
          : undefined;
      }),
    replace: (item) =>
      faults.around('replace', 1, () => {
        const held = items.get(item.pk);
        if (held?.revision !== item.revision - 1) return isDeepStrictEqual(held, item);
        items.set(item.pk, structuredClone(item));
        return true;
      }),
  };
}

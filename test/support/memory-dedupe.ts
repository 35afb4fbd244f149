import type { DedupeItem } from '../../core/dedupe.ts';
import type { DedupeStore } from '../../functions/enqueue/dedupe.ts';
import { type Faults, noFaults } from './faults.ts';

/** Idempotency items in memory, held to the same suite as the real ones. */
export function memoryDedupe(): DedupeStore & { faults: Faults; items: Map<string, DedupeItem> } {
  const faults = noFaults();
  const items = new Map<string, DedupeItem>();
  return {
    faults,
    items,
    hold: (item, now) =>
      faults.around('hold', () => {
        const held = items.get(item.pk);
        if (held !== undefined && held.expiresAt > Math.floor(now / 1000)) return structuredClone(held);
        items.set(item.pk, structuredClone(item));
        return undefined;
      }),
    replace: (item) =>
      faults.around('replace', () => {
        if (items.get(item.pk)?.revision !== item.revision - 1) return false;
        items.set(item.pk, structuredClone(item));
        return true;
      }),
  };
}

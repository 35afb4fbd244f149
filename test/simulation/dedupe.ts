import type { DedupeItem } from '../../core/dedupe.ts';
import type { DedupeStore } from '../../functions/enqueue/dedupe.ts';
import type { Process } from './process.ts';

/** Idempotency items in memory. */
export function simulateDedupe() {
  const items = new Map<string, DedupeItem>();
  return {
    of: (process: Process): DedupeStore => ({
      hold: (item, now) =>
        process.call('hold', () => {
          const held = items.get(item.pk);
          if (held !== undefined && held.expiresAt * 1000 > now) return { ...held };
          items.set(item.pk, item);
          return undefined;
        }),
      replace: (item) =>
        process.call('replace', () => {
          if (items.get(item.pk)?.revision !== item.revision - 1) return false;
          items.set(item.pk, item);
          return true;
        }),
    }),
  };
}

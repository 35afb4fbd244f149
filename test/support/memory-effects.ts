import { type Effects, type EffectsStore, effectOf, standsAfter } from '../../core/once.ts';
import { type Faults, noFaults } from './faults.ts';

/** What `once` stores, in memory, held to the same suite as the real thing. Processes of one world share `items`. */
export function memoryEffects(
  faults: Pick<Faults, 'around'> = noFaults(),
  items = new Map<string, Effects>(),
): EffectsStore & { items: Map<string, Effects> } {
  return {
    items,
    raise: (jobId, fence, seed) =>
      faults.around('raise', 1, () => {
        const found = items.get(jobId) ?? { fence, seed, effects: {} };
        if (found.fence > fence) return undefined;
        items.set(jobId, structuredClone({ ...found, fence }));
        return structuredClone({ ...found, fence });
      }),
    store: (jobId, key, effect) =>
      faults.around('store', 1, () => {
        const found = items.get(jobId);
        if (found?.fence !== effect.fence || effectOf(found, key) !== undefined)
          return structuredClone(standsAfter(found, key, effect));
        items.set(jobId, structuredClone({ ...found, effects: { ...found.effects, [key]: effect } }));
        return structuredClone(effect);
      }),
    read: (jobId) => faults.around('readEffects', 1, () => structuredClone(items.get(jobId))),
  };
}

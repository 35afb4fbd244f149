import type { Counts } from '../../core/telemetry.ts';
import { walk } from '../../functions/release/walk.ts';
import { memoryCursors } from './memory-walk.ts';
import { aWorld } from './world.ts';

/** A world whose walker remembers how far it was. */
export function aWalk({ tenants = ['acme'] }: { tenants?: string[] } = {}) {
  const world = aWorld();
  const cursors = memoryCursors(world.faults);
  const errors: string[] = [];
  const walker = (now: () => number = world.clock.now) =>
    walk({
      shards: world.store,
      store: world.store,
      lanes: world.lanes,
      depth: world.depth,
      cursors,
      tenants: async () => tenants,
      now,
      onError: (message) => void errors.push(message),
    });
  const run = async (remainingMs: () => number = () => 55_000) => {
    const counts: Counts = {};
    await walker()(remainingMs, counts);
    return counts as Required<Counts>;
  };
  return { world, cursors, errors, walker, run };
}

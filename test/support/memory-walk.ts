import type { WalkCursor } from '../../core/walk.ts';
import { walkGroups } from '../../core/walk.ts';
import type { WalkCursors } from '../../functions/release/walk.ts';
import { type Faults, noFaults } from './faults.ts';

/** How far the walk is, in memory: what a walk that died has left for the next. */
export function memoryCursors(faults: Pick<Faults, 'around'> = noFaults()): WalkCursors {
  let stored: (WalkCursor | undefined)[] = Array.from({ length: walkGroups }, () => undefined);
  return {
    read: () => faults.around('readCursors', 1, () => structuredClone(stored)),
    write: (cursors) =>
      faults.around('writeCursors', 1, () => {
        stored = structuredClone([...cursors]);
      }),
  };
}

import type { Checkpoint, Checkpoints } from '../../functions/operate/checkpoints.ts';
import { type Faults, noFaults } from './faults.ts';

/** Progress of operations in memory, held to the same suite as the real thing. Processes of one world share `stored`. */
export function memoryCheckpoints(
  faults: Pick<Faults, 'around'> = noFaults(),
  stored: Pick<Map<string, Checkpoint>, 'get' | 'set'> = new Map(),
): Checkpoints {
  return {
    load: (jobId) => faults.around('loadCheckpoint', 1, () => structuredClone(stored.get(jobId))),
    save: (jobId, checkpoint) =>
      faults.around('saveCheckpoint', 1, () => {
        const found = stored.get(jobId);
        if ((found?.revision ?? 0) === checkpoint.revision - 1) {
          stored.set(jobId, structuredClone(checkpoint));
          return true;
        }
        return JSON.stringify(found) === JSON.stringify(checkpoint);
      }),
  };
}

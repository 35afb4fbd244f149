import type { Change } from '../../core/change.ts';
import type { OperationProgress } from '../../core/operation.ts';
import { never } from '../../core/table.ts';
import { type Alter, altered } from './plant-ports.ts';
import type { Plant } from './plants.ts';

/** Bugs of operations on many jobs. */
export const operationPlants: Record<string, Plant> = {
  'what an operation had begun before it died is not gone on with': {
    about: 'operations',
    breaks: ['an operation tells what it did'],
    ports: found((progress) => ({ ...progress, begun: [] })),
  },
  'a redrive takes what failed since it was asked for': {
    about: 'operations',
    breaks: ['an operation takes only what is meant', 'no job is retried twice by one operation'],
    ports: (ports, process) => ({
      ...ports,
      store: {
        ...ports.store,
        failed: (query) => ports.store.failed({ ...query, until: never }),
        get: async (keys) => {
          const records = await ports.store.get(keys);
          if (process.operation === undefined) return records;
          return records.map((each) => (each?.status === 'failed' ? { ...each, finishedAt: 1 } : each));
        },
      },
    }),
  },
  'the rest does not wait for its canary': {
    about: 'operations',
    breaks: ['a canary goes first'],
    ports: found(({ canary, ...progress }) => ({
      ...progress,
      ...(canary === undefined ? {} : { canary: { ...canary, size: 1_000 } }),
    })),
  },
  'a start goes on behind the shard that the last one was in': {
    about: 'operations',
    breaks: ['an operation leaves nobody out'],
    ports: found((progress) => ({ ...progress, from: { shard: progress.from.shard + 1 } })),
  },
  'a patched payload is stored, and its job keeps the old one': {
    about: 'operations',
    breaks: ['a patch is for its jobs alone'],
    ports: altered((change) => {
      const { payload: _, ...set } = change.set;
      return patches(change) ? { ...change, set } : change;
    }),
  },
  'jobs that are retried together get one payload': {
    about: 'operations',
    breaks: ['a patch is for its jobs alone'],
    ports: (ports) => ({
      ...ports,
      store: {
        ...ports.store,
        change(changes) {
          const payload = changes.find(patches)?.set.payload;
          return ports.store.change(
            changes.map((each) =>
              each.set.attempt === 0 && payload !== undefined
                ? { ...each, set: { ...each.set, payload } }
                : each,
            ),
          );
        },
      },
    }),
  },
};

/** A retry that gives the job another payload. */
const patches = ({ set }: Change): boolean => set.attempt === 0 && set.payload !== undefined;

/** A start finds another progress than was stored. */
function found(alter: (progress: OperationProgress) => OperationProgress): Alter {
  return (ports) => ({
    ...ports,
    checkpoints: {
      ...ports.checkpoints,
      async load(jobId) {
        const stored = await ports.checkpoints.load(jobId);
        return stored && { ...stored, progress: alter(stored.progress) };
      },
    },
  });
}

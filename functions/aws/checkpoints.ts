import { operationKey } from '../../core/table.ts';
import type { Checkpoint, Checkpoints } from '../operate/checkpoints.ts';
import { readAll } from './batches.ts';
import { updateIf } from './conditional.ts';
import { keptSeconds } from './sealed.ts';

/** Progress of operations, an item for each in the partition of its sealed values: ids and counts, as JSON. */
export function checkpointStore(
  table: string,
  now: () => number,
  sleep: (ms: number) => Promise<void>,
): Checkpoints {
  const update = updateIf(table);
  const load = async (jobId: string): Promise<Checkpoint | undefined> => {
    const [item] = await readAll(table, [operationKey(jobId)], sleep);
    if (item === undefined) return undefined;
    const { revision, by, progress } = item as { revision: number; by: string; progress: string };
    return { revision, by, progress: JSON.parse(progress) };
  };

  return {
    load,
    async save(jobId, { revision, by, progress }) {
      const saved = await update(operationKey(jobId), {
        UpdateExpression:
          'SET v = :v, revision = :next, #by = :by, progress = :progress, expiresAt = :expiresAt',
        ConditionExpression: revision === 1 ? 'attribute_not_exists(revision)' : 'revision = :seen',
        ExpressionAttributeNames: { '#by': 'by' },
        ExpressionAttributeValues: {
          ':v': 1,
          ':next': revision,
          ':by': by,
          ':progress': JSON.stringify(progress),
          ':expiresAt': Math.ceil(now() / 1000) + keptSeconds,
          ...(revision === 1 ? {} : { ':seen': revision - 1 }),
        },
      });
      if (saved) return true;
      // An earlier send of this very save, its answer lost, has left just what it says.
      const found = await load(jobId);
      return found?.revision === revision && found.by === by;
    },
  };
}

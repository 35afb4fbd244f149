import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Effects, type EffectsStore, standsAfter } from '../../core/once.ts';
import { effectsKey } from '../../core/table.ts';
import { readAll } from './batches.ts';
import { dynamo } from './clients.ts';
import { updateIf } from './conditional.ts';
import { keptSeconds } from './sealed.ts';

/** What `once` has stored, an item for each job in the partition of its sealed values. Kept as long as those. */
export function effectsStore(
  table: string,
  now: () => number,
  sleep: (ms: number) => Promise<void>,
): EffectsStore {
  const update = updateIf(table);
  const read = async (jobId: string): Promise<Effects | undefined> =>
    (await readAll(table, [effectsKey(jobId)], sleep))[0] as Effects | undefined;

  return {
    read,
    async raise(jobId, fence, seed) {
      try {
        const { Attributes } = await dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: effectsKey(jobId),
            UpdateExpression:
              'SET v = :v, fence = :fence, seed = if_not_exists(seed, :seed), effects = if_not_exists(effects, :none), expiresAt = :expiresAt',
            ConditionExpression: 'attribute_not_exists(fence) OR fence <= :fence',
            ExpressionAttributeValues: {
              ':v': 1,
              ':fence': fence,
              ':seed': seed,
              ':none': {},
              ':expiresAt': Math.ceil(now() / 1000) + keptSeconds,
            },
            ReturnValues: 'ALL_NEW',
            ReturnConsumedCapacity: 'TOTAL',
          }),
        );
        return Attributes as Effects;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return undefined;
      }
    },
    async store(jobId, key, effect) {
      const stored = await update(effectsKey(jobId), {
        UpdateExpression: 'SET effects.#key = :effect',
        ConditionExpression: 'fence = :fence AND attribute_not_exists(effects.#key)',
        ExpressionAttributeNames: { '#key': key },
        ExpressionAttributeValues: { ':effect': effect, ':fence': effect.fence },
      });
      return stored ? effect : standsAfter(await read(jobId), key, effect);
    },
  };
}

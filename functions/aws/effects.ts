import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Effects, type EffectsStore, standsAfter } from '../../core/once.ts';
import { effectsKey } from '../../core/table.ts';
import { dynamo } from './clients.ts';
import { keptSeconds } from './sealed.ts';

const tries = 5;

/** What `once` has stored, an item for each job in the partition of its sealed values. Kept as long as those. */
export function effectsStore(
  table: string,
  now: () => number,
  sleep: (ms: number) => Promise<void>,
): EffectsStore {
  const read = async (jobId: string): Promise<Effects | undefined> => {
    for (let attempt = 0; attempt < tries; attempt++) {
      if (attempt > 0) await sleep(25 * 2 ** attempt);
      const { Responses, UnprocessedKeys } = await dynamo.send(
        new BatchGetCommand({
          RequestItems: { [table]: { Keys: [effectsKey(jobId)], ConsistentRead: true } },
        }),
      );
      if (UnprocessedKeys?.[table] === undefined) return Responses?.[table]?.[0] as Effects | undefined;
    }
    throw new Error(`DynamoDB left the effects of a job unread after ${tries} tries`);
  };

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
      try {
        await dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: effectsKey(jobId),
            UpdateExpression: 'SET effects.#key = :effect',
            ConditionExpression: 'fence = :fence AND attribute_not_exists(effects.#key)',
            ExpressionAttributeNames: { '#key': key },
            ExpressionAttributeValues: { ':effect': effect, ':fence': effect.fence },
            ReturnConsumedCapacity: 'TOTAL',
          }),
        );
        return effect;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return standsAfter(await read(jobId), key, effect);
      }
    },
  };
}

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { operationKey } from '../../core/table.ts';
import type { Checkpoint, Checkpoints } from '../operate/checkpoints.ts';
import { dynamo } from './clients.ts';
import { keptSeconds } from './sealed.ts';

const tries = 5;

/** Progress of operations, an item for each in the partition of its sealed values: ids and counts, as JSON. */
export function checkpointStore(
  table: string,
  now: () => number,
  sleep: (ms: number) => Promise<void>,
): Checkpoints {
  const load = async (jobId: string): Promise<Checkpoint | undefined> => {
    for (let attempt = 0; attempt < tries; attempt++) {
      if (attempt > 0) await sleep(25 * 2 ** attempt);
      const { Responses, UnprocessedKeys } = await dynamo.send(
        new BatchGetCommand({
          RequestItems: { [table]: { Keys: [{ ...operationKey(jobId) }], ConsistentRead: true } },
        }),
      );
      if (UnprocessedKeys?.[table] !== undefined) continue;
      const item = Responses?.[table]?.[0];
      return item && { revision: item.revision, by: item.by, progress: JSON.parse(item.progress) };
    }
    throw new Error(`DynamoDB left the progress of an operation unread after ${tries} tries`);
  };

  return {
    load,
    async save(jobId, { revision, by, progress }) {
      try {
        await dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: operationKey(jobId),
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
            ReturnConsumedCapacity: 'TOTAL',
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // An earlier send of this very save, its answer lost, has left just what it says.
        const found = await load(jobId);
        return found?.revision === revision && found.by === by;
      }
    },
  };
}

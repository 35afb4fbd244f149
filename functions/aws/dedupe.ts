import { isDeepStrictEqual } from 'node:util';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { DedupeItem } from '../../core/dedupe.ts';
import type { RecordKey } from '../../core/table.ts';
import type { DedupeStore } from '../enqueue/dedupe.ts';
import { dynamo } from './clients.ts';

/** Idempotency items in the jobs table. */
export function dedupeStore(table: string): DedupeStore {
  const get = async ({ pk, sk }: RecordKey): Promise<DedupeItem | undefined> =>
    (await dynamo.send(new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }))).Item as
      | DedupeItem
      | undefined;
  return {
    async hold(item, now) {
      try {
        await dynamo.send(
          new PutCommand({
            TableName: table,
            Item: item,
            // TTL deletes days late: an expired key is free at once.
            ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
            ExpressionAttributeValues: { ':now': Math.floor(now / 1000) },
            ReturnConsumedCapacity: 'TOTAL',
          }),
        );
        return undefined;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return get(item);
      }
    },
    async find(key, now) {
      const item = await get(key);
      return item !== undefined && item.expiresAt > Math.floor(now / 1000) ? item : undefined;
    },
    async replace(item) {
      try {
        await dynamo.send(
          new PutCommand({
            TableName: table,
            Item: item,
            ConditionExpression: 'revision = :seen',
            ExpressionAttributeValues: { ':seen': item.revision - 1 },
            ReturnConsumedCapacity: 'TOTAL',
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // An earlier send of this very write, its answer lost, has left just what it says.
        return isDeepStrictEqual(await get(item), item);
      }
    },
  };
}

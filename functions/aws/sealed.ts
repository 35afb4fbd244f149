import { BatchGetCommand, BatchWriteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type Sealed, sealedKey } from '../../core/table.ts';
import type { SealedStore } from '../vault.ts';
import { dynamo, loadS3 } from './clients.ts';

/** The broom for sealed items: longer than a job can wait (a year) and be kept, and a person can retry it. */
export const keptSeconds = 460 * 24 * 60 * 60;

const tries = 5;
/** An error is some 7 KB at the most, an answer of DynamoDB's 1 MB. */
const maxListed = 100;

/** Sealed values in items of their own, in a partition of their own, and in S3 objects. */
export function sealedStore(
  table: string,
  bucket: string,
  now: () => number,
  sleep: (ms: number) => Promise<void>,
): SealedStore {
  return {
    async putItems(items) {
      const expiresAt = Math.ceil(now() / 1000) + keptSeconds;
      let open = items.map(({ jobId, name, sealed }) => ({
        PutRequest: { Item: { ...sealedKey(jobId, name), ...sealed, expiresAt } },
      }));
      for (let attempt = 0; open.length > 0; attempt++) {
        if (attempt === tries)
          throw new Error(
            `DynamoDB left ${open.length} of ${items.length} sealed items unwritten after ${tries} tries`,
          );
        if (attempt > 0) await sleep(25 * 2 ** attempt);
        const answer = await dynamo.send(
          new BatchWriteCommand({ RequestItems: { [table]: open }, ReturnConsumedCapacity: 'TOTAL' }),
        );
        open = (answer.UnprocessedItems?.[table] ?? []) as typeof open;
      }
    },
    async getItems(names) {
      const found = new Map<string, Sealed>();
      let open = names.map(({ jobId, name }) => sealedKey(jobId, name));
      for (let attempt = 0; open.length > 0; attempt++) {
        if (attempt === tries)
          throw new Error(
            `DynamoDB left ${open.length} of ${names.length} sealed items unread after ${tries} tries`,
          );
        if (attempt > 0) await sleep(25 * 2 ** attempt);
        const answer = await dynamo.send(
          new BatchGetCommand({
            RequestItems: { [table]: { Keys: open.map(({ pk, sk }) => ({ pk, sk })), ConsistentRead: true } },
          }),
        );
        for (const item of answer.Responses?.[table] ?? [])
          found.set(`${item.pk}/${item.sk}`, item as Sealed);
        open = (answer.UnprocessedKeys?.[table]?.Keys ?? []) as typeof open;
      }
      return names.map(({ jobId, name }) => {
        const { pk, sk } = sealedKey(jobId, name);
        return found.get(`${pk}/${sk}`);
      });
    },
    async listItems(jobId, prefix) {
      const { pk } = sealedKey(jobId, prefix);
      const { Items } = await dynamo.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
          // The newest, should there be more than one answer holds.
          ScanIndexForward: false,
          Limit: maxListed,
        }),
      );
      return ((Items ?? []) as Sealed[]).reverse();
    },
    async putObject(key, body) {
      await (await loadS3()).putObject(bucket, key, body);
    },
    async getObject(key) {
      return (await loadS3()).getObject(bucket, key);
    },
  };
}

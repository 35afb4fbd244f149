import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type Sealed, sealedKey } from '../../core/table.ts';
import type { SealedStore } from '../vault.ts';
import { putAll, readAll } from './batches.ts';
import { dynamo, loadS3 } from './clients.ts';

/** The broom for sealed items: longer than a job can wait (a year) and be kept, and a person can retry it. */
export const keptSeconds = 460 * 24 * 60 * 60;

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
      await putAll(
        table,
        items.map(({ jobId, name, sealed }) => ({ ...sealedKey(jobId, name), ...sealed, expiresAt })),
        sleep,
      );
    },
    async getItems(names) {
      const keys = names.map(({ jobId, name }) => sealedKey(jobId, name));
      return (await readAll(table, keys, sleep)) as (Sealed | undefined)[];
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

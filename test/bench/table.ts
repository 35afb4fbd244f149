import { type AttributeValue, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { jobKey, jobsTable, sealedKey } from '../../core/table.ts';
import type { AwsClients } from './aws.ts';

export type Item = Record<string, AttributeValue>;

/** Some items of a table, as they travel. */
export async function sample({ dynamo }: AwsClients, table: string, most: number): Promise<Item[]> {
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: table, Limit: most }));
  return Items;
}

/** A job of tenant `default` with everything that lies under its id: the record first, then sealed values. */
export async function itemsOfJob(aws: AwsClients, id: string): Promise<{ record: Item; sealed: Item[] }> {
  const { pk, sk } = jobKey('default', id);
  const [record] = await query(aws, 'pk = :pk AND sk = :sk', { ':pk': { S: pk }, ':sk': { S: sk } });
  if (record === undefined) throw new Error(`job ${id} has no record`);
  return { record, sealed: await query(aws, 'pk = :pk', { ':pk': { S: sealedKey(id, '').pk } }) };
}

/** Has the record an entry in the attention index, a write of its own. */
export function isIndexed(record: Item): boolean {
  return record[jobsTable.attentionIndex.partitionKey] !== undefined;
}

async function query({ dynamo }: AwsClients, condition: string, values: Item): Promise<Item[]> {
  const { Items = [] } = await dynamo.send(
    new QueryCommand({
      TableName: 'taskq-jobs',
      KeyConditionExpression: condition,
      ExpressionAttributeValues: values,
      ConsistentRead: true,
    }),
  );
  return Items;
}

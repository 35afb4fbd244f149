import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { dynamo } from './clients.ts';

/**
 * Items of one partition with `after <= sk <= before`, newest first, at most `limit`. Eventually consistent, as a list
 * may be.
 */
export async function newestOf<T>(
  table: string,
  read: (item: Record<string, unknown>) => T,
  { pk, before, after, limit }: { pk: string; before: string; after: string; limit: number },
): Promise<T[]> {
  // DynamoDB refuses bounds that cross, as those of a cursor before `since` do.
  if (after > before) return [];
  const pages = paginateQuery(
    { client: dynamo },
    {
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :before',
      ExpressionAttributeValues: { ':pk': pk, ':after': after, ':before': before },
      ScanIndexForward: false,
      Limit: limit,
    },
  );
  const found: T[] = [];
  // One page is all, as a rule: only DynamoDB's 1 MB ends one before the limit.
  for await (const { Items = [] } of pages) {
    found.push(...Items.map(read));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

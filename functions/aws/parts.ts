import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { dynamo } from './clients.ts';
import { updateIf } from './conditional.ts';

/** The items beside a workflow in the control table, partition by partition. */
export function workflowParts(table: string) {
  const update = updateIf(table);
  /** Every part whose name begins so, from that name on, in their order. */
  async function parts<T>(pk: string, prefix: string, from = prefix): Promise<T[]> {
    const pages = paginateQuery(
      { client: dynamo },
      {
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :last',
        ExpressionAttributeValues: { ':pk': pk, ':from': from, ':last': `${prefix}~` },
        ConsistentRead: true,
      },
    );
    const found: T[] = [];
    for await (const { Items = [] } of pages) found.push(...(Items as T[]));
    return found;
  }

  async function expireAll(partition: string, expiresAt: number | undefined): Promise<void> {
    const pages = paginateQuery(
      { client: dynamo },
      {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': partition },
        ProjectionExpression: 'pk, sk',
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages)
      for (const { pk, sk } of Items)
        await update(
          { pk, sk },
          {
            ConditionExpression: 'attribute_exists(pk)',
            ...(expiresAt === undefined
              ? { UpdateExpression: 'REMOVE expiresAt' }
              : {
                  UpdateExpression: 'SET expiresAt = :at',
                  ExpressionAttributeValues: { ':at': expiresAt },
                }),
          },
        );
  }

  return { parts, expireAll };
}

import { PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { controlTable } from '../../core/table.ts';
import { dynamo } from './clients.ts';

/** Notes that there is such a tenant. Once per tenant, before it has a key; a repeat changes nothing that is read. */
export async function registerTenant(table: string, tenant: string, now: number): Promise<void> {
  await dynamo.send(
    new PutCommand({
      TableName: table,
      Item: { pk: controlTable.tenants, sk: tenant, v: 1, createdAt: now },
    }),
  );
}

/** Every tenant that was ever noted: some 80 bytes each, so that a thousand cost ten read units. */
export async function listTenants(table: string): Promise<string[]> {
  const tenants: string[] = [];
  const pages = paginateQuery(
    { client: dynamo },
    {
      TableName: table,
      KeyConditionExpression: 'pk = :tenants',
      ExpressionAttributeValues: { ':tenants': controlTable.tenants },
      ProjectionExpression: 'sk',
    },
  );
  for await (const { Items = [] } of pages) tenants.push(...Items.map(({ sk }) => sk as string));
  return tenants;
}

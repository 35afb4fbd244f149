import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { type Mark, partitionOf } from '../../core/workflow/watch.ts';
import type { Workflows } from '../workflows.ts';
import { dynamo } from './clients.ts';
import { putIf } from './conditional.ts';

/** The marks of running workflows in the control table. */
export function workflowMarks(table: string): Pick<Workflows, 'mark' | 'unmark' | 'marks'> {
  const put = putIf(table);
  return {
    async mark({ tenant, workflow, lookAt }) {
      await put(
        { ...markKey(tenant, workflow), v: 1, lookAt },
        'attribute_not_exists(pk) OR lookAt <= :lookAt',
        {
          ':lookAt': lookAt,
        },
      );
    },
    async unmark({ tenant, workflow, lookAt }) {
      const item = { ...markKey(tenant, workflow), v: 1, lookAt, expiresAt: Math.ceil(lookAt / 1000) };
      await put(item, 'lookAt = :lookAt', { ':lookAt': lookAt });
    },
    async marks(partition, until) {
      const pages = paginateQuery(
        { client: dynamo },
        {
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          FilterExpression: 'lookAt <= :until AND attribute_not_exists(expiresAt)',
          ExpressionAttributeValues: { ':pk': partition, ':until': until },
        },
      );
      const found: Mark[] = [];
      for await (const { Items = [] } of pages)
        for (const { sk, lookAt } of Items) {
          const [tenant = '', workflow = ''] = String(sk).split('#');
          found.push({ tenant, workflow, lookAt });
        }
      return found;
    },
  };
}

function markKey(tenant: string, workflow: string) {
  return { pk: partitionOf(workflow), sk: `${tenant}#${workflow}` };
}

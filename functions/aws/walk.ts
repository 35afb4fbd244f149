import { PutCommand, paginateQuery, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { recordOf } from '../../core/row.ts';
import { finalStates } from '../../core/state.ts';
import { controlTable } from '../../core/table.ts';
import { type WalkCursor, walkGroups } from '../../core/walk.ts';
import type { WalkCursors, WalkedShards } from '../release/walk.ts';
import { dynamo } from './clients.ts';

/** Neither a job that ended nor a tombstone: never walked for anything. */
const settled = [...finalStates, 'void'] as const;
const settledValues = Object.fromEntries(settled.map((each, index) => [`:s${index}`, each]));

/**
 * The jobs table as the walk reads it: eventually consistent, a page of up to 1 MB a call, 0.125 read units
 * a record. What is not wanted is filtered where it lies: it is paid for, but neither sent nor parsed.
 */
export function walkedShards(table: string): WalkedShards {
  return {
    async unwatched({ pk, after, before }) {
      // A start at or beyond the end is refused by DynamoDB.
      if (after >= before) return { records: [], looked: 0 };
      const { Items, ScannedCount, LastEvaluatedKey } = await dynamo.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk < :before',
          FilterExpression: `attribute_not_exists(attention) AND NOT #status IN (${Object.keys(settledValues)})`,
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: { ':pk': pk, ':before': before, ...settledValues },
          ExclusiveStartKey: { pk, sk: after },
        }),
      );
      return {
        records: (Items ?? []).map(recordOf),
        looked: ScannedCount ?? 0,
        ...(LastEvaluatedKey === undefined ? {} : { next: LastEvaluatedKey.sk as string }),
      };
    },
  };
}

/** How far the walk is: an item for each group of shards. A walk that began later may write earlier; then a stretch is walked twice. */
export function walkCursors(table: string): WalkCursors {
  return {
    async read() {
      const cursors: (WalkCursor | undefined)[] = Array.from({ length: walkGroups }, () => undefined);
      const pages = paginateQuery(
        { client: dynamo },
        {
          TableName: table,
          KeyConditionExpression: 'pk = :walk',
          ExpressionAttributeValues: { ':walk': controlTable.walk },
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages)
        for (const { sk, walkedTo, ahead } of Items) cursors[Number(sk)] = { walkedTo, ahead };
      return cursors;
    },
    async write(cursors) {
      await Promise.all(
        cursors.map((cursor, group) =>
          dynamo.send(
            new PutCommand({
              TableName: table,
              Item: { pk: controlTable.walk, sk: String(group), v: 1, ...cursor },
              ReturnConsumedCapacity: 'TOTAL',
            }),
          ),
        ),
      );
    },
  };
}

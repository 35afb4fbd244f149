import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type { RecordKey } from '../../core/table.ts';
import { dynamo } from './clients.ts';

/** Was the condition met. */
async function held(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Puts items of a table under a condition. */
export function putIf(table: string) {
  return (
    Item: Record<string, unknown>,
    ConditionExpression: string,
    values?: Record<string, unknown>,
  ): Promise<boolean> =>
    held(() =>
      dynamo.send(
        new PutCommand({
          TableName: table,
          Item,
          ConditionExpression,
          ReturnConsumedCapacity: 'TOTAL',
          ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
        }),
      ),
    );
}

type Conditional = Omit<UpdateCommandInput, 'TableName' | 'Key'> & { ConditionExpression: string };

/** Updates an item of a table under a condition. */
export function updateIf(table: string) {
  return (Key: RecordKey, input: Conditional): Promise<boolean> =>
    held(() =>
      dynamo.send(new UpdateCommand({ TableName: table, Key, ReturnConsumedCapacity: 'TOTAL', ...input })),
    );
}

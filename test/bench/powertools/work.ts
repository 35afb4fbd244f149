import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { counted } from '../../../functions/aws/calls.ts';
import { logInvocation } from '../../../functions/log.ts';
import run from '../../../jobs/echo/run.ts';

const { TABLE = '' } = process.env;

const dynamo = counted(new DynamoDBClient({}));
// Powertools does not ask what its writes cost; the bench does.
dynamo.middlewareStack.add(
  (next) => (args) => {
    Object.assign(args.input, { ReturnConsumedCapacity: 'TOTAL' });
    return next(args);
  },
  { step: 'initialize', name: 'askForCapacity' },
);

const config = new IdempotencyConfig({ eventKeyJmesPath: 'messageId' });
const processor = new BatchProcessor(EventType.SQS);

/** As Powertools documents it: one idempotency item per message, the result kept in it for an hour. */
const runOnce = makeIdempotent(
  async ({ body }: SQSRecord) => {
    const { payload } = JSON.parse(body) as { payload: unknown };
    return (await run(payload as never, undefined as never)) as Record<string, never>;
  },
  { persistenceStore: new DynamoDBPersistenceLayer({ tableName: TABLE, awsSdkV3Client: dynamo }), config },
);

export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  config.registerLambdaContext(context);
  const answer = await processPartialResponse(event, runOnce, processor, { context });
  const failed = answer.batchItemFailures.length;
  logInvocation('work', { completed: event.Records.length - failed, failed }, {}, Date.now());
  return answer;
};

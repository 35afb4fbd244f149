import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { counted } from '../../../functions/aws/calls.ts';
import { logInvocation } from '../../../functions/log.ts';

const { QUEUE_URL = '' } = process.env;
const sqs = counted(new SQSClient({}));

/** The way in beside Powertools: no record, one SendMessageBatch for ten jobs, side by side. */
export const handler = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  const { jobs } = JSON.parse(event.body ?? '') as { jobs: unknown[] };
  const tens: unknown[][] = [];
  for (let start = 0; start < jobs.length; start += 10) tens.push(jobs.slice(start, start + 10));
  const ids = (await Promise.all(tens.map(sendTen))).flat();
  logInvocation('enqueue', { accepted: ids.length }, {}, Date.now());
  return { statusCode: 202, body: JSON.stringify({ ids }) };
};

async function sendTen(jobs: unknown[]): Promise<string[]> {
  const entries = jobs.map((payload) => {
    const id = randomUUID();
    return { Id: id, MessageBody: JSON.stringify({ id, payload }) };
  });
  const { Failed = [] } = await sqs.send(
    new SendMessageBatchCommand({ QueueUrl: QUEUE_URL, Entries: entries }),
  );
  if (Failed.length > 0) throw new Error(`SQS refused ${Failed.length} of ${entries.length} messages`);
  return entries.map(({ Id }) => Id);
}

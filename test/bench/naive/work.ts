import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand } from '@aws-sdk/client-kms';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { logInvocation } from '../../../functions/log.ts';
import run from '../../../jobs/echo/run.ts';
import { dynamo, kms } from './clients.ts';
import { type NaiveMessage, openNaively, sealNaively } from './seal.ts';

const { TABLE = '', KEY = '' } = process.env;

/** The naive way out: for each job Decrypt, "running", run, "completed", all jobs of a receive side by side. */
export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const settled = await Promise.allSettled(event.Records.map(workOne));
  const failed = event.Records.filter((_, index) => settled[index]?.status === 'rejected');
  logInvocation('work', { completed: settled.length - failed.length, failed: failed.length }, {}, Date.now());
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};

async function workOne({ body }: SQSRecord): Promise<void> {
  const { id, key, payload } = JSON.parse(body) as NaiveMessage;
  const { Plaintext } = await kms.send(
    new DecryptCommand({
      KeyId: KEY,
      CiphertextBlob: Buffer.from(key, 'base64'),
      EncryptionContext: { job: id },
    }),
  );
  if (Plaintext === undefined) throw new Error('KMS answered without a key');
  await move(id, 'pending', 'running', {});
  const result = await run(openNaively(payload, Plaintext) as never, undefined as never);
  const sealed = sealNaively(result, Plaintext);
  Plaintext.fill(0);
  await move(id, 'running', 'completed', { result: { S: JSON.stringify(sealed) } });
}

async function move(
  id: string,
  from: string,
  to: string,
  more: Record<string, { S: string }>,
): Promise<void> {
  const sets = Object.keys(more).map((name) => `, #${name} = :${name}`);
  await dynamo.send(
    new UpdateItemCommand({
      TableName: TABLE,
      Key: { id: { S: id } },
      UpdateExpression: `SET #status = :to, updatedAt = :now${sets.join('')}`,
      ConditionExpression: '#status = :from',
      ExpressionAttributeNames: {
        '#status': 'status',
        ...Object.fromEntries(Object.keys(more).map((name) => [`#${name}`, name])),
      },
      ExpressionAttributeValues: {
        ':from': { S: from },
        ':to': { S: to },
        ':now': { N: String(Date.now()) },
        ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`:${name}`, value])),
      },
      ReturnConsumedCapacity: 'TOTAL',
    }),
  );
}

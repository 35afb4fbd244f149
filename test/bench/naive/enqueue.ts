import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { logInvocation } from '../../../functions/log.ts';
import { dynamo, kms, sqs } from './clients.ts';
import { type NaiveMessage, sealNaively } from './seal.ts';

const { TABLE = '', QUEUE_URL = '', KEY = '' } = process.env;

/** The naive way in: for each job a data key, a record and a message of its own, all jobs of a request side by side. */
export const handler = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  const { jobs } = JSON.parse(event.body ?? '') as { jobs: unknown[] };
  const ids = await Promise.all(jobs.map(enqueueOne));
  logInvocation('enqueue', { accepted: ids.length }, {}, Date.now());
  return { statusCode: 202, body: JSON.stringify({ ids }) };
};

async function enqueueOne(payload: unknown): Promise<string> {
  const id = randomUUID();
  const { Plaintext, CiphertextBlob } = await kms.send(
    new GenerateDataKeyCommand({ KeyId: KEY, KeySpec: 'AES_256', EncryptionContext: { job: id } }),
  );
  if (Plaintext === undefined || CiphertextBlob === undefined) throw new Error('KMS answered without a key');
  const sealed = sealNaively(payload, Plaintext);
  Plaintext.fill(0);
  const key = Buffer.from(CiphertextBlob).toString('base64');
  await dynamo.send(
    new PutItemCommand({
      TableName: TABLE,
      Item: {
        id: { S: id },
        status: { S: 'pending' },
        type: { S: 'echo' },
        createdAt: { N: String(Date.now()) },
        key: { S: key },
        payload: { S: JSON.stringify(sealed) },
      },
      ConditionExpression: 'attribute_not_exists(id)',
      ReturnConsumedCapacity: 'TOTAL',
    }),
  );
  const message: NaiveMessage = { id, key, payload: sealed };
  await sqs.send(new SendMessageCommand({ QueueUrl: QUEUE_URL, MessageBody: JSON.stringify(message) }));
  return id;
}

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { counted } from './calls.ts';
import { boundedCalls } from './timeouts.ts';

const bounded = boundedCalls(5_000);

/** The AWS clients of a container, each made once. Those that few invocations need are loaded when first used. */

export const dynamo = counted(
  DynamoDBDocumentClient.from(new DynamoDBClient(bounded), {
    marshallOptions: { removeUndefinedValues: true },
  }),
);

export const sqs = counted(new SQSClient(bounded));

export const kms = counted(new KMSClient(bounded));

let s3Loading: Promise<typeof import('./s3.ts')> | undefined;

/** S3 costs a third of a cold start and only big payloads need it. */
export function loadS3(): Promise<typeof import('./s3.ts')> {
  s3Loading ??= import('./s3.ts');
  return s3Loading;
}

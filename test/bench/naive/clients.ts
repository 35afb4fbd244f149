import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SQSClient } from '@aws-sdk/client-sqs';
import { counted } from '../../../functions/aws/calls.ts';

/** Kept connections are the SDK's default. Counted by the counter that TaskQ's own functions use. */
export const dynamo = counted(new DynamoDBClient({}));
export const kms = counted(new KMSClient({}));
export const sqs = counted(new SQSClient({}));

import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Counts } from '../../core/telemetry.ts';
import { readEnv } from '../env.ts';
import { logInvocation } from '../log.ts';
import { bury } from './bury.ts';
import { buryDeps } from './deps.ts';

const step = bury(buryDeps(readEnv('bury')));

export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  const counts: Counts = {};
  const answer = await step(event.Records, counts);
  const fields = { messages: event.Records.length, stay: answer.batchItemFailures.length };
  logInvocation('bury', counts, { ...fields, request_id: context.awsRequestId }, Date.now());
  return answer;
};

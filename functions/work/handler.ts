import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Counts } from '../../core/telemetry.ts';
import { contracts } from '../../jobs/contracts.ts';
import { readEnv } from '../env.ts';
import { logInvocation } from '../log.ts';
import { workDeps } from './deps.ts';
import { handlerOf } from './handlers.ts';
import { work } from './work.ts';

const env = readEnv('work');
const step = work({ ...(await workDeps(env, contracts)), handlerOf });

export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  const started = performance.now();
  const counts: Counts = {};
  const answer = await step(
    event.Records,
    () => context.getRemainingTimeInMillis(),
    counts,
    context.awsRequestId,
  );
  const fields = { queue: env.QUEUE, messages: event.Records.length, stay: answer.batchItemFailures.length };
  logInvocation(
    'work',
    counts,
    { ...fields, request_id: context.awsRequestId, ms: Math.round(performance.now() - started) },
    Date.now(),
  );
  return answer;
};

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { operations, operationsQueue } from '../../core/operations.ts';
import type { Counts } from '../../core/telemetry.ts';
import { contracts } from '../../jobs/contracts.ts';
import { checkpointStore } from '../aws/checkpoints.ts';
import { readEnv } from '../env.ts';
import { logInvocation } from '../log.ts';
import { workDeps } from '../work/deps.ts';
import { work } from '../work/work.ts';
import { operationHandlers } from './handlers.ts';

const env = readEnv('operate');
const queue = operationsQueue.name;
const deps = await workDeps({ ...env, QUEUE: queue, ALLOW_PRIVATE_ADDRESSES: 'false' }, operations);
const handlerOf = operationHandlers({
  ...deps,
  checkpoints: checkpointStore(env.JOBS_TABLE, deps.now, sleep),
  contractOf: (type) => contracts.find((each) => each.type === type),
  newOwner: () => randomBytes(9).toString('base64url'),
  sleep: (ms) => sleep(ms),
});
const step = work({ ...deps, handlerOf });

export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  const started = performance.now();
  const counts: Counts = {};
  const answer = await step(
    event.Records,
    () => context.getRemainingTimeInMillis(),
    counts,
    context.awsRequestId,
  );
  const ms = Math.round(performance.now() - started);
  logInvocation('operate', counts, { queue, request_id: context.awsRequestId, ms }, Date.now());
  return answer;
};

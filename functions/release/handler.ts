import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { jobStore } from '../aws/jobs.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { readEnv } from '../env.ts';
import { errorLog, logInvocation } from '../log.ts';
import { release } from './release.ts';

const env = readEnv('release');
const onError = errorLog({});
const step = release({
  store: jobStore(env.JOBS_TABLE, sleep, onError),
  lanes: sqsLanes(JSON.parse(env.LANES), onError),
  now: Date.now,
  onError,
});

export const handler = async (_event: unknown, context: Context): Promise<void> => {
  const { released, unfinished } = await step(() => context.getRemainingTimeInMillis());
  logInvocation('release', { released }, { unfinished, request_id: context.awsRequestId }, Date.now());
};

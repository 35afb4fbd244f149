import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import type { Counts } from '../../core/telemetry.ts';
import { jobStore } from '../aws/jobs.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { listTenants } from '../aws/tenants.ts';
import { walkCursors, walkedShards } from '../aws/walk.ts';
import { readEnv } from '../env.ts';
import { errorLog, logInvocation } from '../log.ts';
import { release } from './release.ts';
import { walk } from './walk.ts';

const env = readEnv('release');
const onError = errorLog({});
const ports = {
  store: jobStore(env.JOBS_TABLE, sleep, onError),
  lanes: sqsLanes(JSON.parse(env.LANES), onError),
  now: Date.now,
  onError,
};
const releaseStep = release(ports);
const walkStep = walk({
  ...ports,
  shards: walkedShards(env.JOBS_TABLE),
  cursors: walkCursors(env.CONTROL_TABLE),
  tenants: () => listTenants(env.CONTROL_TABLE),
});

/** Called every minute, once to walk and once to release. */
export const handler = async ({ task }: { task?: 'walk' }, context: Context): Promise<void> => {
  const remainingMs = () => context.getRemainingTimeInMillis();
  const fields = { task: task ?? 'release', request_id: context.awsRequestId };
  if (task === 'walk') {
    const counts: Counts = {};
    counts.walkBehind = (await walkStep(remainingMs, counts)).behindSeconds;
    return logInvocation('release', counts, fields, Date.now());
  }
  const { released, unfinished } = await releaseStep(remainingMs);
  logInvocation('release', { released }, { ...fields, unfinished }, Date.now());
};

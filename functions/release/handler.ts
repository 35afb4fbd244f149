import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import type { Part } from '../../core/release.ts';
import type { Counts } from '../../core/telemetry.ts';
import { sqsDepth } from '../aws/depths.ts';
import { jobStore } from '../aws/jobs.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { listTenants } from '../aws/tenants.ts';
import { walkCursors, walkedShards } from '../aws/walk.ts';
import { readEnv } from '../env.ts';
import { readLanes } from '../lanes.ts';
import { errorLog, logInvocation } from '../log.ts';
import { release } from './release.ts';
import { walk } from './walk.ts';

const env = readEnv('release');
const [urls, onError] = [readLanes(env.LANES), errorLog({})];
const ports = {
  store: jobStore(env.JOBS_TABLE, sleep, onError),
  lanes: sqsLanes(urls, onError),
  depth: sqsDepth(urls),
  now: Date.now,
  onError,
};
const releasePart = release(ports);
const walkShards = walk({
  ...ports,
  shards: walkedShards(env.JOBS_TABLE),
  cursors: walkCursors(env.CONTROL_TABLE),
  tenants: () => listTenants(env.CONTROL_TABLE),
});

/** Called every minute, once for the walk and once for each part of what may be due. */
export const handler = async (task: { walk?: true; due?: Part }, context: Context): Promise<void> => {
  const [counts, started]: [Counts, number] = [{}, performance.now()];
  const remainingMs = () => context.getRemainingTimeInMillis();
  await (task.walk ? walkShards(remainingMs, counts) : releasePart(remainingMs, counts, task.due));
  const did = { walk: task.walk, part: task.due?.part, ms: Math.round(performance.now() - started) };
  logInvocation('release', counts, did, Date.now());
};

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownerOf } from '../../core/death.ts';
import type { JobContract } from '../../core/define.ts';
import { queueTimes } from '../../core/lane.ts';
import { effectSeedBytes } from '../../core/once.ts';
import type { Wire } from '../../core/wiring.ts';
import { deathFinder } from '../aws/deaths.ts';
import { effectsStore } from '../aws/effects.ts';
import { enqueueLater } from '../aws/enqueue.ts';
import { jobStore } from '../aws/jobs.ts';
import { tenantKeys } from '../aws/keys.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { readTenantObject, storeUnreadable } from '../aws/objects.ts';
import { sealedStore } from '../aws/sealed.ts';
import { tellLater } from '../aws/tell.ts';
import { within } from '../coalesce.ts';
import { laneOfArn, readLanes } from '../lanes.ts';
import { errorLog, logLine } from '../log.ts';
import { tellingStore } from '../tell.ts';
import { vault } from '../vault.ts';
import { clocks } from './clocks.ts';
import { renewThere } from './renew-there.ts';
import type { WorkDeps } from './work.ts';

/**
 * What a worker works with on AWS: its stores, lanes and clocks, and its queue's times.
 * @param contracts the job types there are
 */
export async function workDeps(
  env: Record<Wire<'work'>, string>,
  contracts: readonly JobContract[],
): Promise<Omit<WorkDeps, 'handlerOf'>> {
  const { now } = clocks;
  const onError = errorLog({ queue: env.QUEUE });
  const urls = readLanes(env.LANES);
  const store = jobStore(env.JOBS_TABLE, sleep, onError);
  const lanes = sqsLanes(urls, onError);
  const keys = tenantKeys({ table: env.KEYS_TABLE, masterKey: env.MASTER_KEY, now });
  const values = vault(keys, sealedStore(env.JOBS_TABLE, env.DATA_BUCKET, now, sleep));
  const { long, leaseMs, longestTimeoutMs } = queueTimes(env.QUEUE, contracts);
  return {
    queue: env.QUEUE,
    store: tellingStore(store, tellLater(env.CONTROL_TABLE, { store, lanes, now }), onError),
    lanes,
    look: async (jobs) => (await import('../look.ts')).look({ store, now })(jobs),
    keys,
    vault: values,
    enqueueOf: enqueueLater(env.CONTROL_TABLE, { vault: values, now }, sleep),
    effects: effectsStore(env.JOBS_TABLE, now, sleep),
    contractOf: (type) => contracts.find((each) => each.type === type),
    readObject: (tenant, key) => readTenantObject(env.DATA_BUCKET, tenant, key),
    storeUnreadable: ({ messageId, body }) => storeUnreadable(env.DATA_BUCKET, env.QUEUE, messageId, body),
    settings: { allowPrivateAddresses: env.ALLOW_PRIVATE_ADDRESSES === 'true' },
    log: (message, fields) => logLine('info', message, fields),
    onError,
    leaseMs,
    // A short queue does not pay for the thread, not even for reading it.
    ...(long ? { renew: renewThere((await import('./start-thread.ts')).startThread(onError)) } : {}),
    longestTimeoutMs,
    codeVersion: env.CODE_VERSION,
    newSeed: () => randomBytes(effectSeedBytes),
    newOwner: ownerOf,
    findDeath: deathFinder(JSON.parse(env.WORKER_LOGS), onError),
    urlOf: (arn) => laneOfArn(urls, arn),
    ...clocks,
    random: Math.random,
    soon: within(3),
  };
}

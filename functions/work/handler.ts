import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { queueTimes } from '../../core/lane.ts';
import type { Counts } from '../../core/telemetry.ts';
import { contracts } from '../../jobs/contracts.ts';
import { jobStore } from '../aws/jobs.ts';
import { tenantKeys } from '../aws/keys.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { readTenantObject, storeUnreadable } from '../aws/objects.ts';
import { sealedStore } from '../aws/sealed.ts';
import { within } from '../coalesce.ts';
import { readEnv } from '../env.ts';
import { laneOfArn } from '../lanes.ts';
import { logError, logInvocation, logLine } from '../log.ts';
import { vault } from '../vault.ts';
import { handlerOf } from './handlers.ts';
import { work } from './work.ts';

const env = readEnv('work');
const now = Date.now;
const urls = JSON.parse(env.LANES);
const keys = tenantKeys({ table: env.KEYS_TABLE, masterKey: env.MASTER_KEY, now });
const times = queueTimes(env.QUEUE, contracts);

const step = work({
  queue: env.QUEUE,
  store: jobStore(env.JOBS_TABLE, sleep),
  lanes: sqsLanes(urls),
  vault: vault(keys, sealedStore(env.JOBS_TABLE, env.DATA_BUCKET, now, sleep)),
  contractOf: (type) => contracts.find((each) => each.type === type),
  handlerOf,
  readObject: (tenant, key) => readTenantObject(env.DATA_BUCKET, tenant, key),
  storeUnreadable: ({ messageId, body }) => storeUnreadable(env.DATA_BUCKET, env.QUEUE, messageId, body),
  settings: { allowPrivateAddresses: env.ALLOW_PRIVATE_ADDRESSES === 'true' },
  log: (message, fields) => logLine('info', message, fields),
  onError: (message, error) => logError(message, error, { queue: env.QUEUE }),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  leaseMs: times.leaseMs,
  longestTimeoutMs: times.longestTimeoutMs,
  codeVersion: env.CODE_VERSION,
  newOwner: () => randomBytes(9).toString('base64url'),
  urlOf: (arn) => laneOfArn(urls, arn),
  now,
  monotonic: () => performance.now(),
  random: Math.random,
  soon: within(3),
});

export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  const started = performance.now();
  const counts: Counts = {};
  const answer = await step(event.Records, () => context.getRemainingTimeInMillis(), counts);
  const fields = { queue: env.QUEUE, messages: event.Records.length, stay: answer.batchItemFailures.length };
  logInvocation(
    'work',
    counts,
    { ...fields, request_id: context.awsRequestId, ms: Math.round(performance.now() - started) },
    now(),
  );
  return answer;
};

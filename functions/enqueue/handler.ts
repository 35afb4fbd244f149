import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { contracts } from '../../jobs/contracts.ts';
import { queues } from '../../jobs/queues.ts';
import { apiHandler } from '../api.ts';
import { dedupeStore } from '../aws/dedupe.ts';
import { jobStore } from '../aws/jobs.ts';
import { tenantKeys } from '../aws/keys.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { sealedStore } from '../aws/sealed.ts';
import { readEnv } from '../env.ts';
import { readLanes } from '../lanes.ts';
import { errorLog } from '../log.ts';
import { vault } from '../vault.ts';
import { enqueue } from './enqueue.ts';

const env = readEnv('enqueue');
const onError = errorLog({});
const now = Date.now;
const keys = tenantKeys({
  table: env.KEYS_TABLE,
  masterKey: env.MASTER_KEY,
  now,
  make: async (tenant) => (await import('../aws/makekeys.ts')).askForKeys(env.KEYS_FUNCTION, tenant),
});

export const handler = apiHandler(
  'enqueue',
  enqueue({
    catalogue: { queues, contracts },
    store: jobStore(env.JOBS_TABLE, sleep, onError),
    lanes: sqsLanes(readLanes(env.LANES), onError),
    vault: vault(keys, sealedStore(env.JOBS_TABLE, env.DATA_BUCKET, now, sleep)),
    dedupe: dedupeStore(env.JOBS_TABLE),
    keys,
    now,
    randomBytes,
  }),
);

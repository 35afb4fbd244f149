import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { contracts } from '../../jobs/contracts.ts';
import { apiHandler } from '../api.ts';
import { effectsStore } from '../aws/effects.ts';
import { jobStore } from '../aws/jobs.ts';
import { tenantKeys } from '../aws/keys.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { sealedStore } from '../aws/sealed.ts';
import { tellLater } from '../aws/tell.ts';
import { readEnv } from '../env.ts';
import { errorLog } from '../log.ts';
import { tellingStore } from '../tell.ts';
import { vault } from '../vault.ts';
import { manage } from './manage.ts';

const env = readEnv('manage');
const onError = errorLog({});
const now = Date.now;
const tell = tellLater(env.CONTROL_TABLE);
const keys = tenantKeys({ table: env.KEYS_TABLE, masterKey: env.MASTER_KEY, now });

export const handler = apiHandler(
  'manage',
  manage({
    store: tellingStore(jobStore(env.JOBS_TABLE, sleep, onError), (records) =>
      // The job is cancelled all the same: its workflow finds out by its next timeout.
      tell(records).catch((error: unknown) =>
        onError('a workflow could not be told that its job ended', error),
      ),
    ),
    lanes: sqsLanes(JSON.parse(env.LANES), onError),
    vault: vault(keys, sealedStore(env.JOBS_TABLE, env.DATA_BUCKET, now, sleep)),
    effects: effectsStore(env.JOBS_TABLE, now, sleep),
    contractOf: (type) => contracts.find((each) => each.type === type),
    version: env.CODE_VERSION,
    openapi: async () => JSON.parse(await readFile(new URL('./openapi.json', import.meta.url), 'utf8')),
    onError,
    monotonic: () => performance.now(),
    sleep: (ms) => sleep(ms),
    now,
  }),
);

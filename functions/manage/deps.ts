import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Wire } from '../../core/wiring.ts';
import { contracts } from '../../jobs/contracts.ts';
import { dedupeStore } from '../aws/dedupe.ts';
import { effectsStore } from '../aws/effects.ts';
import { jobStore } from '../aws/jobs.ts';
import { tenantKeys } from '../aws/keys.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { sealedStore } from '../aws/sealed.ts';
import { tellOrLog } from '../aws/tell.ts';
import { readLanes } from '../lanes.ts';
import { errorLog } from '../log.ts';
import { patienceOfCallersMs, tellingStore } from '../tell.ts';
import { vault } from '../vault.ts';
import { clocks } from '../work/clocks.ts';
import type { ManageDeps } from './manage.ts';

/** What manage works with on AWS. */
export function manageDeps(env: Record<Wire<'manage'>, string>): ManageDeps {
  const onError = errorLog({});
  const now = Date.now;
  const keys = tenantKeys({
    table: env.KEYS_TABLE,
    masterKey: env.MASTER_KEY,
    now,
    make: async (tenant) => (await import('../aws/makekeys.ts')).askForKeys(env.KEYS_FUNCTION, tenant),
  });
  const store = jobStore(env.JOBS_TABLE, sleep, onError);
  const lanes = sqsLanes(readLanes(env.LANES), onError);
  const tell = tellOrLog(env.CONTROL_TABLE, { store, lanes, now }, onError);
  return {
    store: tellingStore(store, tell, onError, clocks.after, patienceOfCallersMs),
    lanes,
    keys,
    vault: vault(keys, sealedStore(env.JOBS_TABLE, env.DATA_BUCKET, now, sleep)),
    effects: effectsStore(env.JOBS_TABLE, now, sleep),
    dedupe: dedupeStore(env.JOBS_TABLE),
    contractOf: (type) => contracts.find((each) => each.type === type),
    version: env.CODE_VERSION,
    openapi: async () => JSON.parse(await readFile(new URL('./openapi.json', import.meta.url), 'utf8')),
    onError,
    randomBytes,
    monotonic: () => performance.now(),
    sleep: (ms) => sleep(ms),
    now,
  };
}

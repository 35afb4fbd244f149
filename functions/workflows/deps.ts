import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Wire } from '../../core/wiring.ts';
import { contracts } from '../../jobs/contracts.ts';
import { queues } from '../../jobs/queues.ts';
import { signals } from '../../jobs/signals.ts';
import { dedupeStore } from '../aws/dedupe.ts';
import { executions } from '../aws/executions.ts';
import { jobStore } from '../aws/jobs.ts';
import { tenantKeys } from '../aws/keys.ts';
import { sealedStore } from '../aws/sealed.ts';
import { workflowStore } from '../aws/workflows.ts';
import { errorLog } from '../log.ts';
import { vault } from '../vault.ts';
import type { WorkflowsDeps } from './workflows.ts';

/** What the API of workflows works with on AWS. */
export function workflowsDeps(env: Record<Wire<'workflows'>, string>): WorkflowsDeps {
  const now = Date.now;
  const keys = tenantKeys({
    table: env.KEYS_TABLE,
    masterKey: env.MASTER_KEY,
    now,
    make: async (tenant) => (await import('../aws/makekeys.ts')).askForKeys(env.KEYS_FUNCTION, tenant),
  });
  return {
    catalogue: { queues, contracts, signals: signals.map(({ name }) => name) },
    signals,
    store: jobStore(env.JOBS_TABLE, sleep, errorLog({})),
    vault: vault(keys, sealedStore(env.JOBS_TABLE, env.DATA_BUCKET, now, sleep)),
    workflows: workflowStore(env.CONTROL_TABLE, sleep),
    executions: executions(env.STATE_MACHINE),
    dedupe: dedupeStore(env.JOBS_TABLE),
    keys,
    now,
    sleep,
    randomBytes,
  };
}

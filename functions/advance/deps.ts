import { setTimeout as sleep } from 'node:timers/promises';
import type { Wire } from '../../core/wiring.ts';
import { contracts } from '../../jobs/contracts.ts';
import { queues } from '../../jobs/queues.ts';
import { executions } from '../aws/executions.ts';
import { jobStore } from '../aws/jobs.ts';
import { tenantKeys } from '../aws/keys.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { sealedStore } from '../aws/sealed.ts';
import { tellWaitingOrLog } from '../aws/tell.ts';
import { workflowStore } from '../aws/workflows.ts';
import { readLanes } from '../lanes.ts';
import { errorLog } from '../log.ts';
import { patienceOfCallersMs, tellingStore } from '../tell.ts';
import { vault } from '../vault.ts';
import { clocks } from '../work/clocks.ts';
import type { AdvanceDeps } from './advance.ts';
import type { WatchDeps } from './watch.ts';

/** What advance works with on AWS. @returns by the ARN of the state machine, which is told with each call */
export function advanceDeps(
  env: Record<Wire<'advance'>, string>,
): (machine: string) => AdvanceDeps & WatchDeps {
  const onError = errorLog({});
  const now = Date.now;
  const keys = tenantKeys({ table: env.KEYS_TABLE, masterKey: env.MASTER_KEY, now });
  const store = jobStore(env.JOBS_TABLE, sleep, onError);
  const lanes = sqsLanes(readLanes(env.LANES), onError);
  const tell = tellWaitingOrLog({ store, lanes, now }, onError);
  const ports = {
    // Jobs of nodes that it cancels may be awaited by others.
    store: tellingStore(store, tell, onError, clocks.after, patienceOfCallersMs),
    lanes,
    vault: vault(keys, sealedStore(env.JOBS_TABLE, env.DATA_BUCKET, now, sleep)),
    workflows: workflowStore(env.CONTROL_TABLE, sleep),
    catalogue: { queues, contracts },
    now,
    sleep: (ms: number) => sleep(ms),
    onError,
  };
  return (machine) => ({ ...ports, executions: executions(machine) });
}

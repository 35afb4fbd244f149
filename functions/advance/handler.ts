import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { contracts } from '../../jobs/contracts.ts';
import { queues } from '../../jobs/queues.ts';
import { executions } from '../aws/executions.ts';
import { jobStore } from '../aws/jobs.ts';
import { tenantKeys } from '../aws/keys.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { sealedStore } from '../aws/sealed.ts';
import { workflowStore } from '../aws/workflows.ts';
import { readEnv } from '../env.ts';
import { errorLog, logInvocation } from '../log.ts';
import { vault } from '../vault.ts';
import { type AdvanceInput, advanceWorkflow } from './advance.ts';

const env = readEnv('advance');
const onError = errorLog({});
const now = Date.now;
const keys = tenantKeys({ table: env.KEYS_TABLE, masterKey: env.MASTER_KEY, now });
const ports = {
  store: jobStore(env.JOBS_TABLE, sleep, onError),
  lanes: sqsLanes(JSON.parse(env.LANES), onError),
  vault: vault(keys, sealedStore(env.JOBS_TABLE, env.DATA_BUCKET, now, sleep)),
  workflows: workflowStore(env.CONTROL_TABLE, sleep),
  catalogue: { queues, contracts },
  now,
  sleep: (ms: number) => sleep(ms),
};

/** Called by the state machine with its task token: never answers by returning, only by handing the token back. */
export const handler = async (input: AdvanceInput & { machine: string }, context: Context): Promise<void> => {
  const advance = advanceWorkflow({ ...ports, executions: executions(input.machine) });
  const { outcome, rounds, nodesRead, stuck } = await advance(input);
  const counts = { advances: 1, nodesRead, workflowsStuck: Number(stuck) };
  const fields = { workflow: input.workflow, outcome, rounds, request_id: context.awsRequestId };
  logInvocation('advance', counts, fields, now());
};

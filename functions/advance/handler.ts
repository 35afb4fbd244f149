import type { Context } from 'aws-lambda';
import type { Counts } from '../../core/telemetry.ts';
import { readEnv } from '../env.ts';
import { logInvocation } from '../log.ts';
import { type AdvanceInput, advanceWorkflow } from './advance.ts';
import { advanceDeps } from './deps.ts';
import { watchWorkflows } from './watch.ts';

const depsFor = advanceDeps(readEnv('advance'));
/** By the machine that calls, which is one: what is known of graphs stays from call to call. */
const made = new Map<string, ReturnType<typeof make>>();

function make(machine: string) {
  const deps = depsFor(machine);
  return { advance: advanceWorkflow(deps), watch: watchWorkflows(deps) };
}

/** Called by the state machine with its task token, which it answers by handing that back alone; and every minute to watch. */
export const handler = async (
  input: (AdvanceInput | { watch: true }) & { machine: string },
  context: Context,
): Promise<void> => {
  const { advance, watch } = made.get(input.machine) ?? make(input.machine);
  made.set(input.machine, { advance, watch });
  if ('watch' in input) {
    const counts: Counts = {};
    await watch(() => context.getRemainingTimeInMillis(), counts);
    return logInvocation('advance', counts, { watch: true }, Date.now());
  }
  const { outcome, rounds, nodesRead, stuck } = await advance(input);
  const counts = { advances: 1, nodesRead, workflowsStuck: Number(stuck) };
  const fields = { workflow: input.workflow, outcome, rounds, request_id: context.awsRequestId };
  logInvocation('advance', counts, fields, Date.now());
};

import * as z from 'zod/mini';
import { defineSignal, type JobContract } from '../../../core/define.ts';
import type { RouteName } from '../../../core/routes.ts';
import { isFinal } from '../../../core/state.ts';
import type { JobRecord } from '../../../core/table.ts';
import type { Counts } from '../../../core/telemetry.ts';
import { executionName } from '../../../core/workflow/item.ts';
import { plan } from '../../../core/workflow/plan.ts';
import { type AdvanceDeps, type Advanced, advanceWorkflow } from '../../../functions/advance/advance.ts';
import { watchWorkflows } from '../../../functions/advance/watch.ts';
import type { ApiRequest } from '../../../functions/http.ts';
import { tellWorkflows } from '../../../functions/tell.ts';
import { enqueueOf } from '../../../functions/work/enqueue.ts';
import { createWorkflow, type NewWorkflow } from '../../../functions/workflows/create.ts';
import { workflowRoutes } from '../../../functions/workflows/workflows.ts';
import { start } from '../../support/clock.ts';
import { memoryExecutions, memoryWorkflows } from '../../support/memory-workflows.ts';
import { aRequest, told } from '../../support/requests.ts';
import { aWorld, queues } from '../../support/world.ts';

const type = (name: string, more: Partial<JobContract> = {}): JobContract => ({
  type: name,
  queue: 'default',
  payload: z.unknown(),
  result: z.unknown(),
  timeoutSeconds: 30,
  retry: { maxAttempts: 5 },
  ...more,
});

export const signals = [
  defineSignal({ name: 'approval', payload: z.strictObject({ approved: z.boolean() }) }),
];

export const workflowId = '019ab0c5-5d00-7000-8000-000000000001';
export const tenant = 'acme';

/** Workflows on in-memory ports: a test ends jobs itself, and the stream and Step Functions are called by hand. */
export function aWorkflowWorld() {
  const world = aWorld();
  const workflows = memoryWorkflows(world.faults);
  const executions = memoryExecutions(world.faults);
  const catalogue = {
    queues,
    contracts: [
      type('task'),
      type('booking', { compensates: true }),
      type('webhook.deliver', {
        payload: z.strictObject({ url: z.url(), body: z.unknown(), secret: z.optional(z.string()) }),
      }),
      type('strict', { payload: z.strictObject({ n: z.int() }) }),
    ],
    signals: signals.map(({ name }) => name),
  };
  const deps = { ...world, workflows, executions, catalogue, now: world.clock.now, sleep: world.clock.sleep };
  const step = advanceWorkflow({ ...deps, sleep: async () => {} });
  const tell = tellWorkflows({ workflows, executions });
  let tokens = 0;
  let minted = 0;
  let streamed = 0;

  const create = async (nodes: unknown[], more: Partial<NewWorkflow> = {}) => {
    const specs = plan(nodes, catalogue, start);
    if (!specs.ok) throw new Error(JSON.stringify(specs.problem));
    return createWorkflow(deps)({ tenant, id: workflowId, specs: specs.value, createdBy: 'a test', ...more });
  };
  /** One state of the machine; `again` is carried on as the machine would. */
  const advance = async ({
    fresh = false,
    ...more
  }: {
    timedOut?: boolean;
    waitSeconds?: number;
    /** In a container that knows nothing yet. */
    fresh?: boolean;
  } = {}): Promise<Advanced> => {
    const item = workflows.peek(tenant, workflowId);
    tokens++;
    const answer = await (fresh ? advanceWorkflow({ ...deps, sleep: async () => {} }) : step)({
      tenant,
      workflow: workflowId,
      token: `token-${tokens}`,
      execution: executionName(workflowId, item?.execution ?? 0),
      waitSeconds: 60,
      timedOut: false,
      ...more,
    });
    return answer;
  };
  /** One state whose advance reaches the world through other ports, under the token `token-1`. */
  const stepOf = (other: AdvanceDeps): Promise<Advanced> =>
    advanceWorkflow(other)({
      ...{ tenant, workflow: workflowId, token: 'token-1', waitSeconds: 60, timedOut: false },
      execution: executionName(workflowId, workflows.peek(tenant, workflowId)?.execution ?? 0),
    });
  /** Jobs of the workflow that are not final, with the node each runs for. */
  const live = (): JobRecord[] =>
    world.store.all().filter((each) => !isFinal(each.status) && each.status !== 'void');
  const nodeOf = (record: JobRecord): number => Number(record.workflow?.split('#')[1]);
  const end = async (
    record: JobRecord,
    status: 'completed' | 'failed' | 'cancelled',
    result: unknown = null,
  ): Promise<void> => {
    const as = { tenant, jobId: record.sk, field: 'result', fence: 1 } as const;
    const sealed = await world.vault.seal(Buffer.from(JSON.stringify(result)), as);
    world.store.put({ ...record, status, fence: 1, ...(status === 'completed' ? { result: sealed } : {}) });
  };
  /** What the table's stream says since the last call. */
  const publishAll = async () => {
    const records = world.store.stream().slice(streamed);
    streamed += records.length;
    return tell(records.flatMap(({ after }) => (after === undefined ? [] : [after])));
  };
  const letters = async () =>
    (await workflows.states(tenant, workflowId)).map((part) => part.letters).join('');
  const item = () => workflows.peek(tenant, workflowId);
  /** Calls a route of workflows as API Gateway would. */
  const routes = workflowRoutes({
    ...deps,
    signals,
    randomBytes: (count) => new Uint8Array(count).fill(++minted),
  });
  const call = async (route: RouteName, fields: Partial<ApiRequest> & { json?: unknown } = {}) => {
    const { json, ...more } = fields;
    const body = json === undefined ? '' : JSON.stringify(json);
    return told(await routes(aRequest(route, { id: workflowId, body, ...more })));
  };
  /** Ends every live job, then advances, until the workflow is over. `failing`: of which nodes' jobs fail. */
  const finish = async (failing: readonly number[] = []) => {
    for (let turns = 0; turns < 50 && item()?.status === 'running'; turns++) {
      for (const record of live())
        await end(record, failing.includes(nodeOf(record)) ? 'failed' : 'completed', { of: nodeOf(record) });
      await publishAll();
      await advance();
    }
    return item()?.status;
  };
  /** `job.enqueue` of one attempt at a job, in a process of its own. */
  const enqueueFor = (record: JobRecord, signal = new AbortController().signal) =>
    enqueueOf(deps)(record, signal);
  /** One minute of the watch. */
  const watch = async () => {
    const counts: Counts = {};
    await watchWorkflows({ ...deps, onError: () => {} })(() => 60_000, counts);
    return counts;
  };
  return {
    ...{ watch, step, deps: { ...deps, sleep: async () => {} } },
    ...{ world, workflows, executions, create, advance, live, nodeOf, end, publishAll, letters, item },
    ...{ call, finish, enqueueFor, stepOf },
  };
}

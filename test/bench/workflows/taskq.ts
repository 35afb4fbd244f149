import { paginateGetExecutionHistory } from '@aws-sdk/client-sfn';
import { createClient } from '../../../client/client.ts';
import type { NodeRequest } from '../../../core/workflow/request.ts';
import type { LocalAws } from '../../../local/state.ts';
import { type AwsClients, stackResources } from '../aws.ts';
import { tally } from '../invocations.ts';
import type { Shape, Times } from './shapes.ts';

/** What one workflow took. */
export interface Ran {
  times: Times[];
  transitions: number;
  advances: number;
  /** Of everything, its jobs too. */
  writeUnits: number;
  readUnits: number;
  sqsRequests: number;
  invocations: { advance: number; work: number };
}

const deadlineSeconds = 120;
/** The mapping receives a batch with one call and deletes it with one. */
const mappingCallsPerBatch = 2;

/** Runs one workflow of TaskQ and counts what it took. Nothing else may run. */
export async function runTaskq(local: LocalAws, aws: AwsClients, shape: Shape, count: number): Promise<Ran> {
  const stack = await stackResources(aws, 'taskq-queue');
  const client = createClient(local);
  const from = Date.now();
  const { id } = await client.workflows.start({ nodes: nodesOf(shape, count) });
  const { nodes, status, advances } = await client.workflows.wait(id, { deadlineSeconds });
  if (status !== 'completed')
    throw new Error(`workflow ${id} of the bench is ${status} after ${deadlineSeconds} s at the most`);
  const span = { from, to: Date.now() + 1 };
  const group = (name: string) => stack('AWS::Logs::LogGroup', name);
  const [advance, work, start] = await Promise.all([
    tally(aws, group('advancelog'), span, 'completed'),
    tally(aws, group('workdefaultlog'), span, 'completed'),
    tally(aws, group('workflowslog'), span, 'completed'),
  ]);
  const sent = (advance.calls.SendMessageBatch ?? 0) + (advance.calls.SendMessage ?? 0);
  const { GetItem = 0, Query = 0, BatchGetItem = 0 } = advance.calls;
  return {
    times: nodes.map(({ started_at = '', finished_at = '' }) => ({
      startedAt: Date.parse(started_at),
      finishedAt: Date.parse(finished_at),
    })),
    transitions: await transitionsOf(aws, stack('AWS::StepFunctions::StateMachine', 'machinestates'), id),
    advances,
    writeUnits: advance.writeUnits + work.writeUnits + start.writeUnits,
    // Each reads one item of less than 4 KB.
    readUnits: GetItem + Query + BatchGetItem,
    sqsRequests: sent + work.invocations * mappingCallsPerBatch,
    invocations: { advance: advance.invocations, work: work.invocations },
  };
}

function nodesOf(shape: Shape, count: number): NodeRequest[] {
  const echo = (key: string, depends_on: string[]): NodeRequest => ({
    ...{ key, type: 'echo', payload: { message: key }, depends_on },
  });
  const keys = Array.from({ length: count }, (_, index) => `n${index}`);
  if (shape === 'chain')
    return keys.map((key, index) => echo(key, keys.slice(Math.max(0, index - 1), index)));
  const [first = '', ...others] = keys;
  const last = others.pop() ?? '';
  return [echo(first, []), ...others.map((key) => echo(key, [first])), echo(last, others)];
}

/** States that were entered. */
async function transitionsOf({ sfn }: AwsClients, machine: string, id: string): Promise<number> {
  const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${id}`;
  let entered = 0;
  for await (const { events = [] } of paginateGetExecutionHistory({ client: sfn }, { executionArn }))
    entered += events.filter(({ type }) => type?.endsWith('StateEntered')).length;
  return entered;
}

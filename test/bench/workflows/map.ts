import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { type AwsClients, stackResources } from '../aws.ts';
import { tally } from '../invocations.ts';
import { mapTransitions } from '../step-map/machine.ts';
import type { Shape, Times } from './shapes.ts';
import type { Ran } from './taskq.ts';

const pollMs = 100;
const deadlineMs = 120_000;
const mappingCallsPerBatch = 2;

/** Runs the same shape as a plain Map with a task token for each node. Nothing else may run. */
export async function runMap(aws: AwsClients, shape: Shape, count: number): Promise<Ran> {
  const stack = await stackResources(aws, 'bench');
  const from = Date.now();
  const inMap = shape === 'chain' ? count : count - 2;
  const input = {
    first: 'first',
    last: 'last',
    nodes: Array.from({ length: inMap }, (_, node) => `n${node}`),
  };
  const { executionArn } = await aws.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: stack('AWS::StepFunctions::StateMachine', `map${shape}`),
      name: randomUUID(),
      input: JSON.stringify(input),
    }),
  );
  const { first, each, last } = JSON.parse(await outputOf(aws, executionArn ?? '')) as {
    first: Times;
    each: Times[];
    last: Times;
  };
  const span = { from, to: Date.now() + 1 };
  const work = await tally(aws, stack('AWS::Logs::LogGroup', 'mapworklog'), span, 'completed');
  return {
    times: shape === 'chain' ? each : [first, ...each, last],
    transitions: mapTransitions(count),
    advances: 0,
    writeUnits: 0,
    readUnits: 0,
    // Step Functions sends each message by itself.
    sqsRequests: count + work.invocations * mappingCallsPerBatch,
    invocations: { advance: 0, work: work.invocations },
  };
}

async function outputOf({ sfn }: AwsClients, executionArn: string): Promise<string> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const { status, output } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (status === 'SUCCEEDED' && output !== undefined) return output;
    if (status !== 'RUNNING' || Date.now() > until)
      throw new Error(`the Map of the bench is ${status} after ${deadlineMs} ms at the most`);
    await pause(pollMs);
  }
}

import {
  ExecutionAlreadyExists,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { counted } from './calls.ts';
import { boundedCalls } from './timeouts.ts';

/** Step Functions, loaded when a workflow first starts or wakes (`executions.ts`). */
const sfn = counted(new SFNClient(boundedCalls(5_000)));

export async function startExecution(stateMachineArn: string, name: string, input: string): Promise<void> {
  try {
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input }));
  } catch (error) {
    // The same name was started before, by this call's own repeat perhaps: Step Functions keeps names for 90 days.
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
}

export async function sendTaskSuccess(taskToken: string, output: string): Promise<void> {
  try {
    await sfn.send(new SendTaskSuccessCommand({ taskToken, output }));
  } catch (error) {
    if (!(error instanceof TaskTimedOut || error instanceof TaskDoesNotExist)) throw error;
  }
}

import {
  ExecutionAlreadyExists,
  SendTaskFailureCommand,
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
  await unlessGone(() => sfn.send(new SendTaskSuccessCommand({ taskToken, output })));
}

export async function sendTaskFailure(taskToken: string, error: string, cause: string): Promise<void> {
  await unlessGone(() => sfn.send(new SendTaskFailureCommand({ taskToken, error, cause })));
}

/** Who waited for a token may have timed out, or been told before. */
async function unlessGone(send: () => Promise<unknown>): Promise<void> {
  try {
    await send();
  } catch (error) {
    if (!(error instanceof TaskTimedOut || error instanceof TaskDoesNotExist)) throw error;
  }
}

import {
  ExecutionAlreadyExists,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { type Executions, goOn } from '../workflows.ts';
import { counted } from './calls.ts';
import { boundedCalls } from './timeouts.ts';

const sfn = counted(new SFNClient(boundedCalls(5_000)));

/** Executions of the one state machine. @param machine its ARN; only `start` needs it */
export function executions(machine: string): Executions {
  return {
    async start(name, input) {
      const { tenant, workflow } = input;
      const first = { tenant, workflow, next: goOn() };
      try {
        await sfn.send(
          new StartExecutionCommand({ stateMachineArn: machine, name, input: JSON.stringify(first) }),
        );
      } catch (error) {
        // The same name was started before, by this call's own repeat perhaps: Step Functions keeps names for 90 days.
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }
    },
    async handBack(token, answer) {
      try {
        await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(answer) }));
      } catch (error) {
        if (!(error instanceof TaskTimedOut || error instanceof TaskDoesNotExist)) throw error;
      }
    },
  };
}

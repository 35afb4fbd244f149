import { endedError } from '../../core/workflow/item.ts';
import { type Executions, goOn } from '../workflows.ts';

let loading: Promise<typeof import('./sfn.ts')> | undefined;

/** Reading a workflow, and a worker of plain jobs, need no Step Functions: its client is loaded when first used. */
function loadSfn(): Promise<typeof import('./sfn.ts')> {
  loading ??= import('./sfn.ts');
  return loading;
}

/** Read by whoever looks at the red mark in the console; each execution ends so, also one that is continued by the next. */
const nothingFailed = 'Nothing failed: the workflow has ended, or goes on in the next execution.';

/** Executions of the one state machine. @param machine its ARN; only `start` needs it */
export function executions(machine: string): Executions {
  return {
    async start(name, { tenant, workflow }) {
      const input = JSON.stringify({ tenant, workflow, next: goOn() });
      await (await loadSfn()).startExecution(machine, name, input);
    },
    async handBack(token, { done, ...next }) {
      const sfn = await loadSfn();
      // An error that the machine catches: told apart so, what goes on needs no state of its own to be told from it.
      if (done) await sfn.sendTaskFailure(token, endedError, nothingFailed);
      else await sfn.sendTaskSuccess(token, JSON.stringify(next));
    },
  };
}

import type { Command } from 'commander';
import { parseJobId } from '../input.ts';
import { print, printJson } from '../render.ts';
import { openSession } from '../session.ts';

export function addCancel(program: Command): void {
  program
    .command('cancel')
    .summary('cancel a job that waits')
    .description('Cancels a job that waits. A job that runs or is final is left as it is (exit status 4).')
    .argument('<id>', 'the job', parseJobId)
    .addHelpText('after', '\nExample:\n  taskq cancel 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03\n')
    .action(async (id: string, _options, command: Command) => {
      const { client, json } = openSession(command);
      const job = await client.cancel(id);
      if (json) printJson(job);
      else print(`${job.id} is ${job.status}`);
    });
}

import type { Command } from 'commander';
import { exitCodes } from '../exit.ts';
import { parseJobId } from '../input.ts';
import { commandFor, print, printJson } from '../render.ts';
import { openSession } from '../session.ts';

export function addCancel(program: Command): void {
  program
    .command('cancel')
    .summary('cancel a job')
    .description(
      'Cancels a job: at once while it waits, within seconds while it runs. A final job is left as it is (exit status 4).',
    )
    .argument('<id>', 'the job', parseJobId)
    .option('--wait', 'wait until it has ended; exit status 1 if it ended otherwise after all')
    .addHelpText('after', '\nExample:\n  taskq cancel 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03\n')
    .action(async (id: string, { wait }: { wait?: boolean }, command: Command) => {
      const { client, json } = openSession(command);
      let job = await client.cancel(id);
      if (wait && job.status === 'running') {
        await client.waitFor(id);
        job = await client.get(id);
        if (job.status !== 'cancelled') process.exitCode = exitCodes.failed;
      }
      if (json) printJson(job);
      else if (job.status === 'running')
        print(
          `${job.id} runs; its cancel is asked for and ends it within seconds: ${commandFor('watch', job)}`,
        );
      else print(`${job.id} is ${job.status}`);
    });
}

import type { Command } from 'commander';
import { parseJobId, readPayload } from '../input.ts';
import { commandFor, print, printJson } from '../render.ts';
import { openSession } from '../session.ts';

export function addRetry(program: Command): void {
  program
    .command('retry')
    .summary('run a failed or cancelled job again')
    .description('Runs a failed or cancelled job again, all its attempts anew.')
    .argument('<id>', 'the job', parseJobId)
    .option('--payload <json>', 'an edited payload: JSON, @FILE, or - for standard input')
    .addHelpText(
      'after',
      `
Examples:
  taskq retry 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03
  taskq retry 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03 --payload '{"message": "repaired"}'
`,
    )
    .action(async (id: string, options: { payload?: string }, command: Command) => {
      const { client, json } = openSession(command);
      const body =
        options.payload === undefined ? undefined : { payload: await readPayload(options.payload) };
      const job = await client.retry(id, body);
      if (json) printJson(job);
      else
        print(
          `${job.id} is ${job.status} again, with ${job.max_attempts} attempts; watch: ${commandFor('watch', job)}`,
        );
    });
}

import type { Command } from 'commander';
import type { CancelManyRequest } from '../../core/many.ts';
import { exitCodes } from '../exit.ts';
import { parseJobId } from '../input.ts';
import { commandFor, print, printJson } from '../render.ts';
import { openSession, type Session } from '../session.ts';
import { asJob } from '../workflow/or-job.ts';
import { addManyOptions, doMany, type ManyOptions, manyFilter, oneOrMany, refuseForOne } from './many.ts';
import { statusesOfMany } from './operation.ts';

export function addCancel(program: Command): void {
  const command = program
    .command('cancel')
    .summary('cancel jobs')
    .description(
      'Cancels a job, or all that match: at once while it waits, within seconds while it runs. A final job is left as it is (exit status 4).',
    )
    .argument('[id]', 'the job', parseJobId)
    .option(
      '--status <status>',
      'all that are waiting_dependencies, scheduled, pending, retrying or running',
    );
  addManyOptions(command, 'created')
    .addHelpText(
      'after',
      `
With an id, --wait waits until the job has ended; exit status 1 if it ended otherwise after all.
${statusesOfMany}

Examples:
  taskq cancel 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03
  taskq cancel --type csv.report --tag import --wait
`,
    )
    .action(async (id: string | undefined, options: ManyOptions, self: Command) => {
      const session = openSession(self);
      const filter = manyFilter(options);
      if (oneOrMany('cancelled', id, filter) === 'one') {
        refuseForOne({ '--dry-run': options.dryRun });
        return await cancelOne(session, id ?? '', options.wait ?? false);
      }
      const body = filter as CancelManyRequest;
      const { client } = session;
      const many = {
        verb: 'Cancel',
        count: () => client.countCancel(body),
        begin: () => client.cancelMany(body),
        filter: body,
      };
      await doMany(session, many, options);
    });
}

async function cancelOne(session: Session, id: string, wait: boolean): Promise<void> {
  const { client, json } = session;
  let job = await asJob(session, id, 'cancel', () => client.cancel(id));
  if (wait && job.status === 'running') {
    await client.waitFor(id);
    job = await client.get(id);
    if (job.status !== 'cancelled') process.exitCode = exitCodes.failed;
  }
  if (json) printJson(job);
  else if (job.status === 'running')
    print(`${job.id} runs; its cancel is asked for and ends it within seconds: ${commandFor('watch', job)}`);
  else print(`${job.id} is ${job.status}`);
}

import type { Command } from 'commander';
import type { Job } from '../../core/api.ts';
import { ApiError } from '../api-error.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { attemptOf, describeFailure, describeJob } from '../explain.ts';
import { parseJobId } from '../input.ts';
import { print, printJson } from '../render.ts';
import { openSession, type Session } from '../session.ts';
import { asJob } from '../workflow/or-job.ts';
import { doneBefore } from './operation.ts';

interface GetOptions {
  payload?: boolean;
  result?: boolean;
  errors?: boolean;
}

export function addGet(program: Command): void {
  program
    .command('get')
    .summary('show a job; of one that failed or is retried, why')
    .description('Shows a job; of one that failed or is retried also the cause and what each attempt said.')
    .argument('<id>', 'the job', parseJobId)
    .option('--payload', 'its payload too')
    .option('--result', 'its result too')
    .option('--errors', 'with the stacks of what each failed attempt said')
    .addHelpText(
      'after',
      `
With --json, one of the three is the API's answer to that alone.

Examples:
  taskq get 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03
  taskq get 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03 --result --json
`,
    )
    .action(async (id: string, options: GetOptions, command: Command) => {
      const session = openSession(command);
      await asJob(session, id, 'get', async () => {
        if (session.json) printJson(await oneAnswer(session, id, options));
        else await showAll(session, id, options);
      });
    });
}

async function oneAnswer({ client }: Session, id: string, { payload, result, errors }: GetOptions) {
  const asked = [payload, result, errors].filter(Boolean).length;
  if (asked > 1)
    throw new UsageError(
      `--json shows one answer of the API, and ${asked} were asked for: give one of --payload, --result, --errors`,
    );
  if (payload) return await client.payload(id);
  if (result) return await client.result(id);
  return errors ? await client.errors(id) : await client.get(id);
}

async function showAll(session: Session, id: string, { payload, result, errors }: GetOptions) {
  const { client } = session;
  const job = await client.get(id);
  await showJob(session, job, errors);
  if (payload) print(`\npayload\n${JSON.stringify((await client.payload(id)).payload, undefined, 2)}`);
  if (result) {
    const before = doneBefore(job);
    // The API has no result of it, and nothing else to tell.
    if (before !== undefined) {
      process.exitCode = exitCodes.refused;
      return print(`\nresult\nnone: ${before}`);
    }
    const answer = await client.result(id);
    print(
      `\nresult\n${'result' in answer ? JSON.stringify(answer.result, undefined, 2) : `none yet: the job is ${answer.status}`}`,
    );
  }
}

/** Prints a job for a person and, when it failed or is asked for, why. */
export async function showJob({ client }: Session, job: Job, withStacks = false): Promise<void> {
  print(describeJob(job, Date.now()));
  const troubled = job.status !== 'completed' && job.last_error !== undefined;
  if (!withStacks && !troubled) return;
  try {
    const { errors } = await client.errors(job.id);
    print(`\n${describeFailure(job, errors, Date.now())}`);
    if (withStacks) for (const each of errors) if (each.stack) print(`\n${attemptOf(each)}\n${each.stack}`);
  } catch (error) {
    // Errors may be closed to a caller who may see the job: what is known is still told.
    if (!(error instanceof ApiError) || withStacks) throw error;
    print(
      `\n${describeFailure(job, [], Date.now())}\n  What each attempt said cannot be shown: ${error.message}`,
    );
  }
}

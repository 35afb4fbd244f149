import { type Command, InvalidArgumentError } from 'commander';
import type { RetryManyRequest } from '../../core/many.ts';
import { parseDuration } from '../duration.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { parseJobId, readPayload } from '../input.ts';
import { commandFor, print, printJson } from '../render.ts';
import { openSession, type Session } from '../session.ts';
import { asJob } from '../workflow/or-job.ts';
import { addManyOptions, doMany, type ManyOptions, manyFilter, oneOrMany, refuseForOne } from './many.ts';
import { exitCodeOfEnd, statusesOfMany } from './operation.ts';

interface Options extends ManyOptions {
  payload?: string;
  fingerprint?: string;
  patch?: string;
  canary?: number;
  maxFailureRate?: number;
  canaryWait?: number;
}

export function addRetry(program: Command): void {
  const command = program
    .command('retry')
    .summary('run failed or cancelled jobs again')
    .description('Runs a failed or cancelled job again, or all that match, with all their attempts anew.')
    .argument('[id]', 'the job', parseJobId)
    .option('--payload <json>', 'of the one job: an edited payload: JSON, @FILE, or - for standard input')
    .option('--fingerprint <fingerprint>', 'all of this group of `taskq failures`')
    .option('--status <status>', 'all that are failed (default), or cancelled');
  addManyOptions(command, 'failed')
    .option('--patch <json>', 'what to change in each payload (JSON merge patch, RFC 7396)')
    .option('--canary <percent>', 'so many first, 1% to 50%, and the rest only if these go well', parseCanary)
    .option('--max-failure-rate <percent>', 'of the canary: more stops it (default: 10%)', parsePercent)
    .option('--canary-wait <time>', 'how long the canary may take (default: 5m)', parseDuration)
    .addHelpText(
      'after',
      `
Examples:
  taskq retry 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03 --payload '{"message": "repaired"}'
  taskq retry --fingerprint 57d20ae1b6927b3b --patch '{"url": "https://example.com"}' --canary 5% --wait
  taskq retry --type csv.report --since 2h --yes

A dry run counts jobs and tries the patch on a few of them. What cannot be retried is skipped, and counted in the result by its reason: changed (meanwhile, by someone else), in_workflow (retry the workflow), payload_expired, payload_unopenable, payload_too_large, unknown_type, invalid_payload.

${statusesOfMany} A canary that stops the rest is 1 too. How the retried jobs end is not waited for.
`,
    )
    .action(async (id: string | undefined, options: Options, self: Command) => {
      const { fingerprint } = options;
      const filter = { ...manyFilter(options), ...(fingerprint === undefined ? {} : { fingerprint }) };
      const session = openSession(self);
      if (oneOrMany('retried', id, filter) === 'one') {
        refuseForOne({ '--dry-run': options.dryRun, '--patch': options.patch, ...canaryOptions(options) });
        return await retryOne(session, id ?? '', options);
      }
      if (options.payload !== undefined)
        throw new UsageError('--payload is for one job; --patch changes the payloads of many');
      const [unguarded] =
        Object.entries(canaryOptions(options)).find(([, value]) => value !== undefined) ?? [];
      if (options.canary === undefined && unguarded !== undefined)
        throw new UsageError(`${unguarded} is about a canary: add --canary, such as --canary 5%`);
      const body = { ...filter, ...(await changesOf(options)) } as RetryManyRequest;
      const { client } = session;
      const many = {
        verb: 'Retry',
        count: () => client.countRetry(body),
        begin: () => client.retryMany(body),
        filter: body,
      };
      await doMany(session, many, options);
    });
}

async function retryOne(session: Session, id: string, options: Options): Promise<void> {
  const { client, json } = session;
  const body = options.payload === undefined ? undefined : { payload: await readPayload(options.payload) };
  const job = await asJob(session, id, 'retry', () => client.retry(id, body));
  const attempts = `${job.max_attempts} ${job.max_attempts === 1 ? 'attempt' : 'attempts'}`;
  if (!options.wait) {
    if (json) printJson(job);
    else print(`${job.id} is ${job.status} again, with ${attempts}; watch: ${commandFor('watch', job)}`);
    return;
  }
  if (!json) process.stderr.write(`${job.id} is ${job.status} again, with ${attempts}, waiting\n`);
  const ending = await client.waitFor(id, { deadlineSeconds: Number.POSITIVE_INFINITY });
  if (ending.status === 'completed') {
    process.exitCode = exitCodeOfEnd(job, ending.result);
    if (json) printJson({ id, ...ending });
    else print(JSON.stringify(ending.result, undefined, 2));
    return;
  }
  process.exitCode = exitCodes.failed;
  if (json) printJson('job' in ending ? ending.job : ending);
  else print(`${id} is ${ending.status}; why: ${commandFor('get', job)}`);
}

function canaryOptions({ canary, maxFailureRate, canaryWait }: Options): Record<string, unknown> {
  return { '--canary': canary, '--max-failure-rate': maxFailureRate, '--canary-wait': canaryWait };
}

async function changesOf({ patch, canary, maxFailureRate = 10, canaryWait }: Options) {
  return {
    ...(patch === undefined ? {} : { patch: await readPayload(patch, 'patch') }),
    ...(canary === undefined
      ? {}
      : {
          canary: {
            percent: canary,
            max_failure_rate: maxFailureRate / 100,
            ...(canaryWait === undefined ? {} : { wait_seconds: canaryWait }),
          },
        }),
  };
}

/** Less than one in a hundred, or more than every second: the API takes neither. */
function parseCanary(argument: string): number {
  const percent = percentOf(argument);
  if (percent === undefined || percent < 1 || percent > 50)
    throw new InvalidArgumentError('It is a percentage from 1% to 50%, such as 5%.');
  return percent;
}

function parsePercent(argument: string): number {
  const percent = percentOf(argument);
  if (percent === undefined) throw new InvalidArgumentError('It is a percentage such as 5% or 0.5%.');
  return percent;
}

function percentOf(argument: string): number | undefined {
  return /^\d+(\.\d+)?%?$/.test(argument) ? Number(argument.replace('%', '')) : undefined;
}

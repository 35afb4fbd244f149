import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { EnqueueRequest } from '../../core/api.ts';
import { type Dependency, dependencyPolicies } from '../../core/dependencies.ts';
import type { EnqueueOptions } from '../client.ts';
import { ageOf, parseDuration } from '../duration.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { collect, collectJobIds, parseWhole, readPayload } from '../input.ts';
import { print, printable, printJson } from '../render.ts';
import { tellRetries } from '../retries.ts';
import { openSession, type Session } from '../session.ts';
import { enqueueFile } from './batch.ts';
import { showJob } from './get.ts';

/** Between two looks for retries while a job is waited for. */
const lookPauseMs = 2000;

interface Options {
  priority?: number;
  delay?: number;
  runAt?: string;
  maxAttempts?: number;
  timeout?: number;
  tag?: string[];
  queue?: string;
  after?: string[];
  onFailure?: Dependency['onFailure'];
  key?: string;
  wait?: boolean;
  batch?: string;
}

export function addEnqueue(program: Command): void {
  program
    .command('enqueue')
    .summary('enqueue a job, or a file of them')
    .description('Enqueues a job of a type, or with --batch one job for each line of a file.')
    .argument('[type]', 'the job type, e.g. echo')
    .argument('[payload]', 'JSON, @FILE, or - for standard input (default: {})')
    .option('--priority <0-9>', 'higher runs first (default: 4)', parseWhole)
    .option('--delay <time>', 'run after 90s, 10m, 2h, 1d', parseDuration)
    .option('--run-at <time>', 'run at a time such as 2026-01-31T09:30:00Z')
    .option('--max-attempts <count>', "at most so many starts, up to the type's own limit", parseWhole)
    .option('--timeout <time>', "at most so long a run, up to the type's own limit", parseDuration)
    .option('--tag <tag>', 'to find it by; may be repeated', collect)
    .option('--queue <queue>', "another queue than the type's own")
    .option('--after <id>', 'run when that job has ended; repeated: when all have', collectJobIds)
    .addOption(
      new Option(
        '--on-failure <what>',
        'of a job given by --after: cancel this one (default), or continue',
      ).choices(dependencyPolicies),
    )
    .option(
      '--key <key>',
      'idempotency key: a repeat with the same key and job gives the same job (default with --batch: one for the run)',
    )
    .option(
      '--wait',
      'wait until it is final, tell of retries, show its result; exit status 1 unless it completed',
    )
    .option('--batch <file>', 'NDJSON, a line is {"type": …, "payload": …, …}; - for standard input')
    .addHelpText(
      'after',
      `
With --batch, the options are what its lines do not say themselves. All jobs of a run are enqueued under one key.
A run that fails or is interrupted says on standard error how far it came and what its key is: the same command with
--key KEY, the file unchanged, goes on within 24 hours, and what was enqueued before stays as it is.
With --wait --json, a job that completed is {"id": …, "status": "completed", "result": …}, any other the job itself.

Examples:
  taskq enqueue echo '{"message": "hello"}' --wait
  taskq enqueue csv.summarize @payload.json --priority 9 --tag import
  taskq enqueue csv.report @report.json --after 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03
  taskq enqueue --batch jobs.ndjson --tag import && taskq watch --tag import
`,
    )
    .action(
      async (type: string | undefined, payload: string | undefined, options: Options, command: Command) => {
        if ((type === undefined) === (options.batch === undefined))
          throw new UsageError(
            'give either a job type or --batch FILE; e.g. taskq enqueue echo \'{"message": "hello"}\'',
          );
        if (options.onFailure !== undefined && options.after === undefined)
          throw new UsageError(
            '--on-failure says what becomes of a job after others: give them by --after ID',
          );
        if (options.after !== undefined && options.batch !== undefined)
          throw new UsageError(
            '--after goes with one job; hand in many that wait for each other as a workflow',
          );
        const session = openSession(command);
        if (options.batch !== undefined)
          await enqueueFile(session, options.batch, fieldsOf(options), options.key, options.wait);
        else await enqueueOne(session, type ?? '', await readPayload(payload ?? '{}'), options);
      },
    );
}

/** The options in the API's terms. */
function fieldsOf(options: Options): Omit<EnqueueRequest, 'type' | 'payload'> {
  return {
    queue: options.queue,
    priority: options.priority,
    delay_seconds: options.delay,
    run_at: options.runAt,
    max_attempts: options.maxAttempts,
    timeout_seconds: options.timeout,
    tags: options.tag,
    dependencies: options.after?.map((id) => ({ id, on_failure: options.onFailure })),
  };
}

async function enqueueOne(session: Session, type: string, payload: unknown, options: Options): Promise<void> {
  const { client, json } = session;
  const keyed: EnqueueOptions = options.key === undefined ? {} : { idempotencyKey: options.key };
  let verb = 'enqueued';
  const onEarlier = () => {
    verb = 'is the earlier job of this key';
  };
  const job = await client.enqueue(type, payload, { ...fieldsOf(options), ...keyed, onEarlier });
  if (!options.wait) {
    if (json) return printJson(job);
    const when = job.status === 'scheduled' ? `scheduled ${ageOf(job.available_at, Date.now())}` : job.status;
    return print(`${job.id} ${verb}: ${job.type}, queue ${job.queue}, lane ${job.lane}, ${when}`);
  }
  const ending = await waitTelling(session, `${job.id} ${verb}, waiting`, job.id);
  if (ending.status === 'completed') {
    if (json) printJson({ id: job.id, ...ending });
    else print(JSON.stringify(ending.result, undefined, 2));
  } else if ('job' in ending) {
    if (json) printJson(ending.job);
    else await showJob(session, ending.job);
    process.exitCode = ending.status === 'skipped' ? exitCodes.ok : exitCodes.failed;
  }
}

/** Waits for the end, and tells a person meanwhile what happens. */
async function waitTelling({ client, json }: Session, begun: string, id: string) {
  const ended = new AbortController();
  const tell = (line: string) => process.stderr.write(`${printable(line)}\n`);
  if (!json) tell(begun);
  const pause = () => sleep(lookPauseMs, true, { signal: ended.signal }).catch(() => false);
  const telling = json ? undefined : tellRetries(() => client.get(id), tell, pause, Date.now);
  try {
    return await client.waitFor(id, { deadlineSeconds: Number.POSITIVE_INFINITY });
  } finally {
    ended.abort();
    await telling;
  }
}

import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { Job } from '../../core/api.ts';
import type { CancelManyResult, DryRunResponse, RetryManyResult } from '../../core/many.ts';
import { ApiError } from '../api-error.ts';
import { momentOf } from '../duration.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { collect } from '../input.ts';
import { commandFor, print, printable, printJson } from '../render.ts';
import type { Session } from '../session.ts';
import { doneBefore, exitCodeOfEnd, type HintFilter, toldOf } from './operation.ts';

/** Options that choose many jobs, and how they are dealt with. */
export interface ManyOptions {
  status?: string;
  type?: string;
  queue?: string;
  tag?: string[];
  since?: string;
  until?: string;
  dryRun?: boolean;
  yes?: boolean;
  wait?: boolean;
}

/** @param time what `--since` and `--until` are about: `failed` or `created` */
export function addManyOptions(command: Command, time: string): Command {
  return command
    .option('--type <type>', 'all of this type')
    .option('--queue <queue>', 'all of this queue')
    .option('--tag <tag>', 'all with this tag; repeated: with all of them', collect)
    .option('--since <time>', `${time} since: 10m, 2h, 1d ago, or a time such as 2026-01-31T09:30:00Z`)
    .option('--until <time>', `${time} until, likewise`)
    .option('--dry-run', 'say how many jobs are meant, and do nothing')
    .option('--yes', 'do not ask: needed where no terminal is')
    .option('--wait', 'wait until it is done and show the result');
}

/** The filter as the API takes it. */
export function manyFilter({ status, type, queue, tag, since, until }: ManyOptions) {
  const now = Date.now();
  return {
    ...(status === undefined ? {} : { status }),
    ...(type === undefined ? {} : { type }),
    ...(queue === undefined ? {} : { queue }),
    ...(tag === undefined ? {} : { tags: tag }),
    ...(since === undefined ? {} : { since: momentOf(since, now) }),
    ...(until === undefined ? {} : { until: momentOf(until, now) }),
  };
}

/** One job by its id, or many by a filter: never both, and never neither. */
export function oneOrMany(verb: string, id: string | undefined, filter: object): 'one' | 'many' {
  const filtered = Object.keys(filter).length > 0;
  if ((id === undefined) === filtered) return id === undefined ? 'many' : 'one';
  throw new UsageError(
    `give either a job id or options that choose jobs, such as --type: what is to be ${verb}?`,
  );
}

/** Options of many that were given beside an id: ignored, they would do what nobody meant. */
export function refuseForOne(given: Readonly<Record<string, unknown>>): void {
  const [option] = Object.keys(given).filter((name) => given[name] !== undefined);
  if (option !== undefined)
    throw new UsageError(`${option} goes with options that choose jobs, such as --type, not with a job id`);
}

interface Many {
  /** `retry`, `cancel` */
  verb: string;
  count(): Promise<DryRunResponse>;
  begin(): Promise<Job>;
  /** Which jobs are meant, for a hint where to see them. */
  filter: HintFilter;
}

/** Counts, asks on a terminal, begins, and with --wait tells the end. */
export async function doMany(
  session: Session,
  many: Many,
  { dryRun, yes, wait }: ManyOptions,
): Promise<void> {
  const { client, json } = session;
  if (dryRun) {
    const counted = await many.count();
    process.exitCode = exitCodeOfDryRun(counted);
    return json ? printJson(counted) : print([countText(counted), ...patchLines(counted)].join('\n'));
  }
  if (!yes && !(await isAgreed(many))) return;
  const job = await many.begin();
  if (!wait) {
    if (json) printJson(job);
    else print(`${job.id} does it; watch: ${commandFor('watch', job)}`);
    return;
  }
  if (!json) process.stderr.write(`${job.id} does it, waiting\n`);
  const ending = await client.waitFor(job.id, { deadlineSeconds: Number.POSITIVE_INFINITY });
  if (ending.status !== 'completed') {
    process.exitCode = exitCodes.failed;
    if (json) printJson('job' in ending ? ending.job : ending);
    else {
      const told = ('job' in ending ? doneBefore(ending.job) : undefined) ?? `${job.id} is ${ending.status}`;
      print(ending.status === 'failed' ? `${told}; why: ${commandFor('get', job)}` : told);
    }
    return;
  }
  process.exitCode = exitCodeOfEnd(job, ending.result);
  if (json) return printJson(ending);
  print(JSON.stringify(ending.result, undefined, 2));
  await explainEnd(many, job, ending.result as RetryManyResult | CancelManyResult);
}

/** In words, beside the result; where all misfit a patch also where, as its dry run says it. */
async function explainEnd(
  { count, filter }: Many,
  job: Job,
  result: RetryManyResult | CancelManyResult,
): Promise<void> {
  const tell = (line: string) => process.stderr.write(`${printable(line)}\n`);
  tell(toldOf(job, result, filter));
  const { invalid_payload: misfits = 0 } = result.reasons;
  if (misfits > 0 && misfits === result.matched) {
    const tried = await count().catch((error: unknown) => {
      // It is done and told: that its reasons cannot be looked up is no failure of it.
      if (error instanceof ApiError) return undefined;
      throw error;
    });
    for (const line of tried === undefined ? [] : patchLines(tried)) tell(line);
  }
}

function countText({ matched, more, in_workflow: parts = 0 }: DryRunResponse): string {
  if (matched === 0 && !more) return 'no job matches';
  const all = `${more ? 'at least ' : ''}${matched} ${matched === 1 ? 'job matches' : 'jobs match'}`;
  if (parts === 0) return all;
  const how = more || matched > mostRead ? 'at least ' : '';
  return `${all}; ${how}${parts} of them in workflows, which are retried as wholes: left as they are`;
}

/** A dry run reads no more jobs than this to see which are of workflows. */
const mostRead = 1_000;

/** None can be changed where all are jobs of workflows, or the patch fits none of those it was tried on. */
function exitCodeOfDryRun({ matched, more, in_workflow: parts, patch }: DryRunResponse): number {
  if (matched === 0 && !more) return exitCodes.notFound;
  if (parts === matched && !more) return exitCodes.failed;
  const fitsNone = patch !== undefined && patch.tried > 0 && patch.misfits.length === patch.tried;
  return fitsNone ? exitCodes.failed : exitCodes.ok;
}

/** What the patch does to those that it was tried on. */
function patchLines({ patch }: DryRunResponse): string[] {
  if (patch === undefined) return [];
  const { tried, misfits } = patch;
  return [
    `the patch was tried on ${tried}: ${tried - misfits.length} can be retried so`,
    ...misfits.map(({ job_id: id, reason, details = [] }) =>
      [`  ${id} ${reason}`, ...details.map(({ path, message }) => `${path} ${message}`)].join('; '),
    ),
  ];
}

async function isAgreed({ verb, count }: Many): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError(
      'there is no terminal to ask on: add --yes, or --dry-run to see how many jobs match',
    );
  const counted = await count();
  if (counted.matched === 0 && !counted.more) {
    print(countText(counted));
    process.exitCode = exitCodes.notFound;
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  for (const line of patchLines(counted)) process.stderr.write(`${printable(line)}\n`);
  const said = await terminal.question(`${countText(counted)}. ${verb} them? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(said.trim());
}

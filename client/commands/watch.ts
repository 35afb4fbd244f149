import { setTimeout as sleep } from 'node:timers/promises';
import { Argument, type Command } from 'commander';
import type { Job } from '../../core/api.ts';
import { maxListLimit } from '../../core/api.ts';
import { isFinal } from '../../core/state.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { parseJobId } from '../input.ts';
import { openProgress } from '../progress.ts';
import { commandFor, jobTable, print, printJson } from '../render.ts';
import { openSession, type Session } from '../session.ts';
import { asJob } from '../workflow/or-job.ts';
import { addFilters, type FilterOptions, filtersOf } from './list.ts';
import { endOfOperation, isOperation } from './operation.ts';

const pollPauseMs = 1000;
/** Jobs asked for at a time. */
const togetherCount = 16;
/** How far back jobs are looked for unless --since says so: every look reads them all. */
const defaultSince = '1d';

export function addWatch(program: Command): void {
  const command = program
    .command('watch')
    .summary('wait until jobs are final')
    .description(
      'Shows the progress of jobs until all are final. Exit status 1 when one of them failed or was cancelled, or was a retry or cancel of many that changed none of its jobs or that its canary stopped; 3 when there is none, or such a one matched none.',
    )
    .addArgument(
      new Argument('[ids...]', 'the jobs').argParser((id: string, before: string[] | undefined) => [
        ...(before ?? []),
        parseJobId(id),
      ]),
    );
  addFilters(command)
    .addHelpText(
      'after',
      `
Without ids, all jobs that match the options, created in the last day unless --since says otherwise.

Examples:
  taskq watch 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03
  taskq watch --tag import
`,
    )
    .action(async (ids: string[] | undefined, options: FilterOptions, self: Command) => {
      const filtered = Object.keys(options).length > 0;
      if ((ids === undefined || ids.length === 0) === !filtered)
        throw new UsageError('give either job ids or filters such as --tag: what is to be watched?');
      const session = openSession(self);
      await watch(session, filtered ? matching(session, options) : named(session, ids ?? []));
    });
}

/** Shows a set of jobs until all are final, then those that did not complete. */
export async function watch(session: Session, look: () => Promise<Job[]>): Promise<void> {
  const jobs = await follow(look, session.json);
  const bad = jobs.filter((job) => job.status === 'failed' || job.status === 'cancelled');
  // Of an operation that a person ended, `get` knows no more than is told below.
  const asked = bad.find((job) => !(job.status === 'cancelled' && isOperation(job)));
  if (session.json) printJson({ jobs });
  else if (jobs.length === 0) print('no job matches');
  else if (bad.length > 0) {
    print(jobTable(bad, Date.now()));
    if (asked !== undefined) print(`Why: ${commandFor('get', asked)}`);
  }
  let worst: number = bad.length > 0 ? exitCodes.failed : exitCodes.ok;
  for (const job of jobs) {
    const end = await endOfOperation(session.client, job);
    if (end !== undefined && !session.json) print(end.told);
    worst = worseOf(worst, end?.exitCode ?? exitCodes.ok);
  }
  if (jobs.length === 0) process.exitCode = exitCodes.notFound;
  else if (worst !== exitCodes.ok) process.exitCode = worst;
}

/** A failure says more than that an operation found nothing to do. */
function worseOf(a: number, b: number): number {
  if (a === exitCodes.failed || b === exitCodes.failed) return exitCodes.failed;
  return Math.max(a, b);
}

async function follow(look: () => Promise<Job[]>, json: boolean): Promise<Job[]> {
  const progress = openProgress(json || process.stderr.isTTY ? process.stderr : process.stdout);
  try {
    for (;;) {
      const jobs = await look();
      if (jobs.length > 0) progress.show(jobs);
      if (jobs.every((job) => isFinal(job.status))) return jobs;
      await sleep(pollPauseMs);
    }
  } finally {
    progress.stop();
  }
}

/** Looks at named jobs; one that is final is not asked for again. */
export function named(session: Session, ids: string[]): () => Promise<Job[]> {
  const seen = new Map<string, Job>();
  return async () => {
    const open = [...new Set(ids)].filter((id) => !isFinal(seen.get(id)?.status ?? ''));
    for (let start = 0; start < open.length; start += togetherCount) {
      const jobs = await Promise.all(
        open
          .slice(start, start + togetherCount)
          .map((id) => asJob(session, id, 'watch', () => session.client.get(id))),
      );
      for (const job of jobs) seen.set(job.id, job);
    }
    return [...seen.values()];
  };
}

function matching({ client }: Session, options: FilterOptions): () => Promise<Job[]> {
  const filters = filtersOf({ since: defaultSince, ...options });
  return async () => {
    const jobs: Job[] = [];
    for await (const page of client.list({ ...filters, limit: maxListLimit })) jobs.push(...page.jobs);
    return jobs;
  };
}

import type { Job } from '../../core/api.ts';
import type { CancelManyResult, RetryManyResult } from '../../core/many.ts';
import { cancelManyJob, retryManyJob } from '../../core/operations.ts';
import type { Client } from '../client.ts';
import { exitCodes } from '../exit.ts';
import { invokedAs } from '../invoked.ts';
import { commandFor, howFar } from '../render.ts';

type Result = RetryManyResult | CancelManyResult;

/** What the help of `retry` and `cancel` says of exit statuses; a dry run and `--wait` agree. */
export const statusesOfMany =
  'Exit status of many, with --dry-run or --wait: 0 some can be or were changed, 1 jobs match and none of them could be changed, or the operation did not get to its end, 3 no job matches.';

/** Is a job a retry or cancel of many. */
export function isOperation({ type }: Pick<Job, 'type'>): boolean {
  return type === retryManyJob.type || type === cancelManyJob.type;
}

/** The exit status for what a completed operation did. Of any other job 0. */
export function exitCodeOfEnd(job: Pick<Job, 'type'>, result: unknown): number {
  if (!isOperation(job)) return exitCodes.ok;
  const { matched, ...more } = result as Result;
  if (matched === 0) return exitCodes.notFound;
  return changedOf(result as Result) === 0 || 'stopped' in more ? exitCodes.failed : exitCodes.ok;
}

function changedOf(result: Result): number {
  return 'retried' in result ? result.retried : result.cancelled;
}

/**
 * What a completed operation did, in a sentence: `retried 8 of 10, skipped 2 (invalid_payload 2)`.
 * @param filter of the operation, as far as it is known: for a hint where to see what becomes of the jobs
 */
export function toldOf(job: Job, result: Result, filter: HintFilter = {}): string {
  if (result.matched === 0) return 'no job matched: nothing was done';
  const verb = 'retried' in result ? 'retried' : 'cancelled';
  const reasons = Object.entries(result.reasons ?? {}).map(([reason, count]) => `${reason} ${count}`);
  const skipped = `skipped ${result.skipped}${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`;
  const why = 'stopped' in result ? '; its canary went badly and stopped it' : '';
  const told = `${verb} ${changedOf(result)} of ${result.matched}, ${skipped}${why}`;
  return verb === 'cancelled' || changedOf(result) === 0
    ? told
    : `${told}. How they end is not waited for; which of them fail again: ${failuresSince(job, filter)}`;
}

export interface HintFilter {
  type?: string;
  queue?: string;
  tags?: readonly string[];
}

function failuresSince({ created_at: since, tenant }: Job, { type, queue, tags = [] }: HintFilter): string {
  return [
    `${invokedAs(process.env)} failures --since ${since}`,
    ...(type === undefined ? [] : [`--type ${type}`]),
    ...(queue === undefined ? [] : [`--queue ${queue}`]),
    ...tags.map((each) => `--tag '${each}'`),
    ...(tenant === 'default' ? [] : [`--tenant ${tenant}`]),
  ].join(' ');
}

/**
 * What an operation that was cancelled or failed had done by then, which stays done; undefined of any other job. Jobs
 * that were under way just then are in no count.
 */
export function doneBefore(job: Job): string | undefined {
  if (!isOperation(job) || (job.status !== 'cancelled' && job.status !== 'failed')) return undefined;
  if (job.progress === undefined) return `${job.id} is ${job.status}; it told nothing of what it had done`;
  return `${job.id} is ${job.status}; what it had done stays done, at least: ${howFar(job.progress)}`;
}

/** What became of the operation that a completed job was, in a sentence; undefined of any other job. */
export async function endOfOperation(
  client: Client,
  job: Job,
): Promise<{ exitCode: number; told: string } | undefined> {
  if (!isOperation(job)) return undefined;
  const before = doneBefore(job);
  if (before !== undefined) return { exitCode: exitCodes.failed, told: before };
  if (job.status !== 'completed') return undefined;
  const { result } = (await client.result(job.id)) as { result: Result };
  return {
    exitCode: exitCodeOfEnd(job, result),
    told: `${job.id} ${toldOf(job, result)}. More: ${commandFor('get', job)} --result`,
  };
}

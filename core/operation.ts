import type { Position } from './failures.ts';
import type { CancelManyResult, RetryMany, RetryManyResult, SkipReason } from './many.ts';
import { isFinal } from './state.ts';
import type { JobRecord } from './table.ts';

/**
 * How far an operation on many jobs has come: stored before each step, so that an attempt that follows a crash
 * goes on where the last one was and counts no job twice. Ids and counts alone.
 */
export interface OperationProgress {
  /** First the jobs are counted, then changed; `end` when none is left. */
  phase: 'count' | 'change' | 'end';
  /** Where the phase goes on. */
  from: Position;
  /** Where it goes on after that, shard by shard in turn; absent while all shards behind `from` are still to begin. */
  rest?: Position[];
  /** By the index, before the first was changed. */
  counted: number;
  /** Jobs that met the filter when their turn came: what was changed and what was skipped. */
  matched: number;
  changed: number;
  reasons: Partial<Record<SkipReason, number>>;
  examples: { job_id: string; reason: SkipReason }[];
  /** Jobs whose change has begun. Who finds some here that no longer meet the filter knows that they were changed. */
  begun: string[];
  /** The jobs retried first, how they are now, and since when they are watched, ms. */
  canary?: CanaryProgress;
}

export interface CanaryProgress {
  /** How many are to be retried first. */
  size: number;
  /** Those that were, until they are judged. */
  ids: string[];
  watchedSince?: number;
  verdict?: 'passed' | 'stopped';
  completed: number;
  failed: number;
  open: number;
}

export const beginning: OperationProgress = {
  phase: 'count',
  from: { shard: 0 },
  counted: 0,
  matched: 0,
  changed: 0,
  reasons: {},
  examples: [],
  begun: [],
};

/** The most examples of skipped jobs that a result names. */
const maxExamples = 5;

/** A canary tells as much by so many: their ids are kept. */
export const maxCanaryJobs = 500;

export function canarySize(counted: number, percent: number): number {
  return Math.min(Math.max(Math.ceil((counted * percent) / 100), 1), maxCanaryJobs);
}

/** What became of one job: changed, or why not. */
export type Done = { id: string; skipped?: SkipReason };

/**
 * Where a phase goes on after a page. Shards take turns, page by page: each is a partition of the table, and takes only
 * so many writes a second.
 * @param more where the shard of that page goes on; absent at its end
 * @param shards of the tenant
 * @returns undefined when every shard has come to its end
 */
export function nextTurn(
  { from, rest }: Pick<OperationProgress, 'from' | 'rest'>,
  more: Position | undefined,
  shards: number,
): Required<Pick<OperationProgress, 'from' | 'rest'>> | undefined {
  const behind = Array.from({ length: shards }, (_, shard) => ({ shard })).slice(from.shard + 1);
  const [next, ...others] = [...(rest ?? behind), ...(more === undefined ? [] : [more])];
  return next && { from: next, rest: others };
}

/** The progress after the jobs of a step. @param left begun, and to be gone on with */
export function tallied(
  progress: OperationProgress,
  done: readonly Done[],
  left: readonly string[] = [],
): OperationProgress {
  const reasons = { ...progress.reasons };
  const examples = [...progress.examples];
  const changed: string[] = [];
  for (const { id, skipped } of done) {
    if (skipped === undefined) changed.push(id);
    else {
      reasons[skipped] = (reasons[skipped] ?? 0) + 1;
      if (examples.length < maxExamples) examples.push({ job_id: id, reason: skipped });
    }
  }
  const { canary } = progress;
  const watching = canary !== undefined && canary.verdict === undefined;
  return {
    ...progress,
    matched: progress.matched + done.length,
    changed: progress.changed + changed.length,
    reasons,
    examples,
    begun: [...left],
    ...(watching ? { canary: { ...canary, ids: [...canary.ids, ...changed] } } : {}),
  };
}

/** The canary as it is kept once it is judged: what came of it, without its ids. */
export function judged(canary: CanaryProgress, verdict: 'passed' | 'stopped'): CanaryProgress {
  return { ...canary, ids: [], verdict };
}

/** How the jobs of a canary are now. A job that is gone, or that a person cancelled, has not failed. */
export function canaryCounts(
  ids: readonly string[],
  records: readonly (JobRecord | undefined)[],
): Pick<CanaryProgress, 'completed' | 'failed' | 'open'> {
  const states = records.map((each) => each?.status ?? 'completed');
  const failed = states.filter((each) => each === 'failed').length;
  const open = states.filter((each) => !isFinal(each) && each !== 'void').length;
  return { completed: ids.length - failed - open, failed, open };
}

/**
 * Whether the rest may follow. `stop` as soon as the rate is too high whatever comes, `go_on` as soon as it
 * stays low whatever comes; when the time is over, what is not final counts as failed.
 */
export function judgeCanary(
  { completed, failed, open }: Pick<CanaryProgress, 'completed' | 'failed' | 'open'>,
  maxFailureRate: number,
  timeIsOver: boolean,
): 'go_on' | 'stop' | 'wait' {
  const jobs = completed + failed + open;
  const allowed = maxFailureRate * jobs;
  if (failed > allowed) return 'stop';
  if (failed + open <= allowed || open === 0) return 'go_on';
  return timeIsOver ? 'stop' : 'wait';
}

/** Whole percent of the jobs that were counted, 100 only at the end. */
export function percentOf({ phase, matched, counted }: OperationProgress): number {
  if (phase === 'end') return 100;
  return counted === 0 ? 0 : Math.min(99, Math.floor((matched / counted) * 100));
}

/**
 * What it has done so far, to be read also of one that is cancelled or failed: `retried 75 of 1500, skipped 2`.
 * @param verb what its jobs are then: `retried`, `cancelled`
 * @param watching it waits for what becomes of its canary
 */
export function noteOf(progress: OperationProgress, verb: string, watching: boolean): string {
  const { phase, counted, changed, matched, canary } = progress;
  if (phase === 'count') return `${counted} counted, none ${verb} yet`;
  const canaryNow = watching && canary ? `, canary: ${canary.failed} failed, ${canary.open} open` : '';
  return `${verb} ${changed} of ${counted}, skipped ${matched - changed}${canaryNow}`;
}

function skippedOf({ matched, changed, reasons, examples }: OperationProgress) {
  return { skipped: matched - changed, reasons, examples };
}

/** @param canary what the request asked for */
export function retryResult(progress: OperationProgress, canary: RetryMany['canary']): RetryManyResult {
  const { canary: watched } = progress;
  const stopped = watched?.verdict === 'stopped';
  const jobs = watched === undefined ? 0 : watched.completed + watched.failed + watched.open;
  return {
    // What a stopped canary has left as it was has been counted and never looked at.
    matched: stopped ? Math.max(progress.counted, progress.matched) : progress.matched,
    retried: progress.changed,
    ...skippedOf(progress),
    ...(stopped ? { stopped: 'canary' as const } : {}),
    ...(canary === undefined || watched === undefined
      ? {}
      : {
          canary: {
            jobs,
            completed: watched.completed,
            failed: watched.failed,
            open: watched.open,
            failure_rate: jobs === 0 ? 0 : watched.failed / jobs,
          },
        }),
  };
}

export function cancelResult(progress: OperationProgress): CancelManyResult {
  return { matched: progress.matched, cancelled: progress.changed, ...skippedOf(progress) };
}

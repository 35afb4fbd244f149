/** Numbers of a run, all from its jobs as the API listed them. */
import type { Job } from '../../core/api.ts';

/** Nearest rank, in ms; undefined where nothing was measured. */
export interface Spread {
  p50: number | undefined;
  p95: number | undefined;
}

export interface TypeFigures {
  type: string;
  jobs: number;
  completed: number;
  failed: number;
  /** In any other state. */
  other: number;
  /** Needed more than one attempt. */
  retried: number;
  /** created → started, of jobs that were neither delayed nor retried: those wait on purpose. */
  wait: Spread;
  /** started → finished: the last attempt. */
  run: Spread;
}

export interface Figures {
  types: TypeFigures[];
  all: TypeFigures;
  /** From the first job created to the last one finished. */
  spanMs: number;
  jobsPerMinute: number;
  priorities: number;
  lanes: { lane: string; jobs: number }[];
}

/** @param delayedTag marks the jobs that were delayed */
export function figuresOf(jobs: readonly Job[], delayedTag: string): Figures {
  const types = [...Map.groupBy(jobs, (job) => job.type)].sort(([a], [b]) => (a < b ? -1 : 1));
  const created = jobs.map((job) => Date.parse(job.created_at));
  const finished = jobs.flatMap((job) =>
    job.finished_at === undefined ? [] : [Date.parse(job.finished_at)],
  );
  const spanMs = finished.length === 0 ? 0 : Math.max(...finished) - Math.min(...created);
  return {
    types: types.map(([type, own]) => typeFigures(type, own, delayedTag)),
    all: typeFigures('all', jobs, delayedTag),
    spanMs,
    jobsPerMinute: spanMs === 0 ? 0 : Math.round((finished.length / spanMs) * 60_000),
    priorities: new Set(jobs.map((job) => job.priority)).size,
    lanes: [...Map.groupBy(jobs, (job) => job.lane)]
      .map(([lane, own]) => ({ lane, jobs: own.length }))
      .sort((a, b) => a.jobs - b.jobs),
  };
}

function typeFigures(type: string, jobs: readonly Job[], delayedTag: string): TypeFigures {
  const count = (holds: (job: Job) => boolean) => jobs.filter(holds).length;
  const completed = count((job) => job.status === 'completed');
  const failed = count((job) => job.status === 'failed');
  const prompt = jobs.filter((job) => job.attempt === 1 && !job.tags.includes(delayedTag));
  return {
    type,
    jobs: jobs.length,
    completed,
    failed,
    other: jobs.length - completed - failed,
    retried: count((job) => job.attempt > 1),
    wait: spreadOf(prompt.flatMap((job) => between(job.created_at, job.started_at))),
    run: spreadOf(jobs.flatMap((job) => between(job.started_at, job.finished_at))),
  };
}

function between(from: string | undefined, to: string | undefined): number[] {
  return from === undefined || to === undefined ? [] : [Date.parse(to) - Date.parse(from)];
}

function spreadOf(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: percentile(sorted, 50), p95: percentile(sorted, 95) };
}

/** The smallest value that is no less than `percent` of all; nearest rank. */
function percentile(sorted: number[], percent: number): number | undefined {
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1];
}

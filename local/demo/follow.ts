/** Looks at the jobs of a run through the API until all are final. */
import { SingleBar } from 'cli-progress';
import type { Client } from '../../client/client.ts';
import { countsOf } from '../../client/progress.ts';
import { type Job, type ListResponse, maxListLimit } from '../../core/api.ts';
import { isFinal } from '../../core/state.ts';

/** Which jobs belong to a run: those with its tag, looked for since shortly before it began. */
export interface Run {
  tag: string;
  since: string;
}

const pollPauseMs = 500;

/** All jobs of a run, newest first. */
export async function listJobs(client: Client, run: Run): Promise<Job[]> {
  const all: Job[] = [];
  for await (const { jobs } of pagesOf(client, run)) all.push(...jobs);
  return all;
}

function pagesOf(client: Client, { tag, since }: Run): AsyncGenerator<ListResponse> {
  return client.list({ tag: [tag], since, limit: maxListLimit });
}

export interface FollowOptions {
  /** How many jobs there will be, as far as is known. */
  total: () => number;
  /** Gives up when nothing has changed for so long. */
  patienceMs: number;
  /** Ends it early. */
  signal: AbortSignal;
  stream: NodeJS.WriteStream;
  /** ms of a clock that never jumps, and how to wait on it. */
  clock: { now(): number; pause(ms: number): Promise<unknown> };
}

/** Shows how far a run is until all its jobs are there and final, or nothing moves any more. */
export async function follow(client: Client, run: Run, options: FollowOptions): Promise<void> {
  const { total, patienceMs, signal, stream, clock } = options;
  const progress = stream.isTTY ? bar(stream, total()) : lines(stream);
  const known = new Map<string, Job>();
  let before = '';
  let changedAt = clock.now();
  try {
    for (;;) {
      // Shown page by page: a look at all of them can take seconds while the machine is busy with the jobs.
      for await (const { jobs } of pagesOf(client, run)) {
        for (const job of jobs) known.set(job.id, job);
        progress.show([...known.values()], total());
        if (signal.aborted) return;
      }
      const jobs = [...known.values()];
      const counts = countsOf(jobs);
      if (counts !== before) changedAt = clock.now();
      before = counts;
      if (jobs.length >= total() && jobs.every((job) => isFinal(job.status))) return;
      if (clock.now() - changedAt > patienceMs) return;
      await clock.pause(pollPauseMs);
    }
  } finally {
    progress.stop();
  }
}

interface Progress {
  show(jobs: Job[], total: number): void;
  stop(): void;
}

function bar(stream: NodeJS.WriteStream, total: number): Progress {
  const single = new SingleBar({
    stream,
    format: '  {bar} {value}/{total} {counts}',
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
  });
  single.start(total, 0, { counts: '' });
  return {
    show(jobs, now) {
      single.setTotal(now);
      single.update(finalOf(jobs), { counts: countsOf(jobs) });
    },
    stop: () => single.stop(),
  };
}

/** Where no terminal is: a line for each change. */
function lines(stream: NodeJS.WritableStream): Progress {
  let before = '';
  return {
    show(jobs, total) {
      const line = `  ${finalOf(jobs)}/${total} final: ${countsOf(jobs)}\n`;
      if (line !== before) stream.write(line);
      before = line;
    },
    stop: () => {},
  };
}

function finalOf(jobs: Job[]): number {
  return jobs.filter((job) => isFinal(job.status)).length;
}

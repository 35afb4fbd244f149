import { SingleBar } from 'cli-progress';
import type { Job } from '../core/api.ts';
import { isFinal, jobStates } from '../core/state.ts';
import { howFar } from './render.ts';

/** Shows how far a set of jobs is. */
export interface Progress {
  show(jobs: readonly Job[]): void;
  stop(): void;
}

/** A bar on a terminal, elsewhere a line for each change. */
export function openProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? openBar(stream) : openLines(stream);
}

/** `3 completed, 1 failed, 2 pending` in the order of a job's life. */
export function countsOf(jobs: readonly Job[]): string {
  const counts = Map.groupBy(jobs, (job) => job.status);
  return [...jobStates]
    .reverse()
    .flatMap((state) => (counts.has(state) ? [`${counts.get(state)?.length} ${state}`] : []))
    .join(', ');
}

/** `: 40 %, rows read` where a single job is watched and tells it; one that snoozes is as far as it was. */
function toldBy(jobs: readonly Job[]): string {
  const [job] = jobs;
  return jobs.length !== 1 || job?.progress === undefined || isFinal(job.status)
    ? ''
    : `: ${howFar(job.progress)}`;
}

function openBar(stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar({ stream, format: '{bar} {value}/{total} final: {counts}', barsize: 24 });
  let started = false;
  return {
    show(jobs) {
      const done = jobs.filter((job) => isFinal(job.status)).length;
      const payload = { counts: countsOf(jobs) + toldBy(jobs) };
      if (started) bar.setTotal(jobs.length);
      if (started) bar.update(done, payload);
      else bar.start(jobs.length, done, payload);
      started = true;
    },
    stop: () => bar.stop(),
  };
}

function openLines(stream: NodeJS.WritableStream): Progress {
  let before = '';
  return {
    show(jobs) {
      const done = jobs.filter((job) => isFinal(job.status)).length;
      const line = `${done}/${jobs.length} final: ${countsOf(jobs)}${toldBy(jobs)}\n`;
      if (line !== before) stream.write(line);
      before = line;
    },
    stop: () => {},
  };
}

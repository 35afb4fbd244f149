import type { JobStore } from '../../core/change.ts';
import { type Ending, judgeHeld, progressChange, progressOf } from '../../core/renew.ts';
import type { JobRecord, Progress } from '../../core/table.ts';

export interface ProgressDeps {
  store: JobStore;
  now: () => number;
  /** Calls back after so many ms, unless cancelled by the function it returns. */
  after: (ms: number, callback: () => void) => () => void;
  log: (message: string, fields: Record<string, string | number | boolean>) => void;
  onError: (message: string, error: unknown) => void;
}

/** Between two writes of a job. */
const pauseMs = 2_000;

/**
 * Writes how far a job is: one write at a time, 2 s apart, the last value wins. A write that shows the job
 * in other hands, or a cancel, ends the attempt. What is no progress is left out, and said in the log once.
 * `stop` returns what was told last and is not written yet.
 */
export function progressWriter(
  { store, now, after, log, onError }: ProgressDeps,
  record: JobRecord,
  end: (why: Ending) => void,
): { tell: (percent: number, note?: string) => void; stop: () => Progress | undefined } {
  let waiting: Progress | undefined;
  let writing = false;
  let stopped = false;
  let warned = false;
  let cancelPause = (): void => {};

  const write = async (progress: Progress): Promise<void> => {
    const [result] = await store.change([progressChange(record, progress)]);
    if (stopped || result === undefined || 'retry' in result) return;
    const standing = judgeHeld(record, result.applied ? result.record : result.found);
    if (standing !== 'ours') end(standing);
  };

  const writeAll = async (): Promise<void> => {
    writing = true;
    while (waiting !== undefined && !stopped) {
      const next = waiting;
      waiting = undefined;
      await write(next).catch((error: unknown) =>
        onError('the progress of a job could not be written', error),
      );
      await new Promise<void>((resolve) => {
        cancelPause = after(pauseMs, resolve);
        if (stopped) cancelPause();
      });
    }
    writing = false;
  };

  const warn = (): void => {
    if (warned) return;
    warned = true;
    log('job.progress takes a number and a text: what it was given is left out', {
      level: 'warn',
      job_id: record.sk,
      type: record.type,
      attempt: record.attempt,
    });
  };

  return {
    tell(percent, note) {
      const progress = progressOf(percent, note, now());
      if (progress === undefined) return warn();
      waiting = progress;
      if (!writing && !stopped) void writeAll();
    },
    stop() {
      stopped = true;
      cancelPause();
      return waiting;
    },
  };
}

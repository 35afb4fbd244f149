import { maxDelaySecondsOfRequest } from '../../core/api.ts';
import { latestStart } from '../../core/attention.ts';
import { PermanentError } from '../../core/errors.ts';
import type { JobRecord } from '../../core/table.ts';
import { rfc3339 } from '../../core/view.ts';

/** What `job.snooze` throws: no failure, but the end of this start. */
export class Snoozed extends Error {
  override name = 'Snoozed';
  readonly seconds: number;
  constructor(seconds: number) {
    super(`the handler asked to be started again in ${seconds} s`);
    this.seconds = seconds;
  }
}

/** `job.snooze` of a job: throws, whatever it is given. */
export function snoozeOf({ sk, workflow }: Pick<JobRecord, 'sk' | 'workflow'>, now: () => number) {
  return (seconds: number): never => {
    if (!(Number.isInteger(seconds) && seconds >= 0 && seconds <= maxDelaySecondsOfRequest))
      throw new PermanentError(
        `snooze() takes whole seconds from 0 to ${maxDelaySecondsOfRequest} (a year), and was given ${String(seconds)}`,
        'validation',
      );
    const latest = latestStart(sk);
    if (workflow === undefined && now() + seconds * 1000 > latest)
      throw new PermanentError(
        `snooze(${seconds}) goes beyond ${rfc3339(latest)}, a year after the job's creation: its payload is not kept for much longer. End it, and have another job enqueued`,
        'validation',
      );
    throw new Snoozed(seconds);
  };
}

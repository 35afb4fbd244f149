import { maxDelaySecondsOfRequest } from '../../core/api.ts';
import { PermanentError } from '../../core/errors.ts';

/** What `job.snooze` throws: no failure, but the end of this start. */
export class Snoozed extends Error {
  override name = 'Snoozed';
  readonly seconds: number;
  constructor(seconds: number) {
    super(`the handler asked to be started again in ${seconds} s`);
    this.seconds = seconds;
  }
}

/** `job.snooze`: throws, whatever it is given. */
export function snooze(seconds: number): never {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= maxDelaySecondsOfRequest)
    throw new Snoozed(seconds);
  throw new PermanentError(
    `snooze() takes whole seconds from 0 to ${maxDelaySecondsOfRequest} (a year), and was given ${String(seconds)}`,
    'validation',
  );
}

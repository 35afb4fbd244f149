import type { Job } from '../core/api.ts';
import { isFinal } from '../core/state.ts';
import { ageOf } from './duration.ts';

/**
 * Looks at a job that somebody waits for, and tells of each attempt that failed. A look that fails is left out:
 * whoever waits hears of it anyway.
 * @param pause waits until the next look; false: the wait is over
 */
export async function tellRetries(
  look: () => Promise<Job>,
  tell: (line: string) => void,
  pause: () => Promise<boolean>,
  now: () => number,
): Promise<void> {
  let told: string | undefined;
  while (await pause()) {
    const job = await look().catch(() => undefined);
    if (job === undefined) continue;
    if (isFinal(job.status)) return;
    const { last_error: failed, status } = job;
    if (failed === undefined || failed.at === told) continue;
    told = failed.at;
    const next =
      status === 'retrying' ? `the next ${ageOf(job.available_at, now())}` : `it is ${status} again`;
    tell(
      `attempt ${failed.attempt} of ${job.max_attempts} failed (${failed.cause}, ${failed.code}); ${next}`,
    );
  }
}

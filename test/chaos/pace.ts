import type { LoadOptions } from './load.ts';
import type { Pace } from './schedule.ts';

/** How much there is to do and to suffer. */
export interface Intensity extends Pick<LoadOptions, 'jobsPerSecond' | 'mostOpen' | 'requestsPerTenant'> {
  pace: Pace;
  /** Is a job that runs again too late a failure: not where the machine may be anyone's. */
  judgeTimes: boolean;
  /** Kinds of `jobs.ts`; all by default. */
  kinds?: readonly string[];
}

/** Everything, for so many minutes. */
export function full(minutes: number): Intensity {
  return {
    jobsPerSecond: 12,
    judgeTimes: true,
    mostOpen: 600,
    requestsPerTenant: 40,
    pace: {
      loadMs: minutes * 60_000,
      warmMs: 3_000,
      faultMs: [3_000, 10_000],
      faultGapMs: [500, 5_000],
      killGapMs: [4_000, 15_000],
      restarts: Math.max(1, Math.floor(minutes / 2)),
      victims: [
        'work-webhooks',
        'work-webhooks',
        'work-default',
        'work-default',
        'enqueue',
        'release',
        'bury',
      ],
    },
  };
}

/**
 * For the gate. Only webhooks, whose lease is the shortest: a job of the default queue that loses its worker waits
 * for 105 s. Little less than the minute for which a key is busy can this run take in any case.
 */
export const short: Intensity = {
  jobsPerSecond: 20,
  judgeTimes: false,
  mostOpen: 400,
  requestsPerTenant: 10,
  kinds: ['quick', 'slow', 'big', 'later', 'fails_once', 'refused', 'one_start'],
  pace: {
    loadMs: 10_500,
    warmMs: 200,
    faultMs: [900, 1_100],
    faultGapMs: [0, 100],
    killGapMs: [400, 900],
    restarts: 1,
    victims: ['work-webhooks', 'work-webhooks', 'enqueue'],
  },
};

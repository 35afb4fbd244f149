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
      atReceipt: 0.25,
      restarts: Math.max(1, Math.floor(minutes / 2)),
      victims: [
        'work-webhooks',
        'work-webhooks',
        'work-default',
        'work-default',
        'work-long',
        'enqueue',
        'release',
        'bury',
      ],
    },
  };
}

/**
 * The long queue alone, without faults on the network: its workers die, every other time between the receipt of a
 * message and their first call for it.
 */
export function longQueue(minutes: number): Intensity {
  const loadMs = minutes * 60_000;
  return {
    jobsPerSecond: 0.7,
    judgeTimes: true,
    mostOpen: 30,
    requestsPerTenant: 10,
    kinds: ['long'],
    pace: {
      loadMs,
      warmMs: 3_000,
      // None: the first would not be over in time.
      faultMs: [loadMs, loadMs],
      faultGapMs: [0, 0],
      killGapMs: [3_000, 9_000],
      atReceipt: 0.5,
      restarts: 0,
      victims: ['work-long'],
    },
  };
}

/**
 * For the gate: webhooks alone. One that loses its worker waits for 65 s, and a request that breaks off keeps its key
 * busy for 60. In the default queue it is 105 s; in a long one 40 s, but two minutes if the worker died before its first call.
 */
export const short: Intensity = {
  jobsPerSecond: 20,
  judgeTimes: false,
  mostOpen: 400,
  requestsPerTenant: 10,
  kinds: ['quick', 'slow', 'big', 'later', 'fails_once', 'refused', 'one_start'],
  pace: {
    loadMs: 12_500,
    warmMs: 200,
    faultMs: [1_100, 1_300],
    faultGapMs: [0, 100],
    killGapMs: [600, 1_100],
    atReceipt: 0,
    restarts: 1,
    victims: ['work-webhooks', 'work-webhooks', 'enqueue'],
  },
};

/** Writes are lost and late while the load flows, and the emulator stops early enough for faults on what starts cold. */
export const gateSeed = 9;

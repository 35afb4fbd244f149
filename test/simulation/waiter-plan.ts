import type { JobPlan } from './plan.ts';
import { between, oneOf, type Random } from './random.ts';

/** A client that posts a job after others, whichever are there by then. */
export interface WaiterPlan {
  name: string;
  atMs: number;
  /** An idempotency key: repeated until answered. */
  key?: string;
  job: JobPlan;
  /** Which of the jobs that are there, each 0 ≤ n < 1, the newest at 1, and what their failure does. */
  after: { pick: number; onFailure: 'cancel' | 'continue' }[];
}

/** @param faultyMs faults for so long */
export function drawWaiters(random: Random, faultyMs: number, drawJob: () => JobPlan): WaiterPlan[] {
  return Array.from({ length: oneOf(random, [1, 3, 8]) }, (_, index) => {
    const name = `waiter ${index + 1}`;
    return {
      name,
      atMs: between(random, 0, faultyMs),
      ...(random() < 0.6 ? { key: `key of ${name}` } : {}),
      job: drawJob(),
      after: Array.from({ length: oneOf(random, [1, 1, 2, 4]) }, () => ({
        // Chains, and what has not yet ended, are of the newest.
        pick: random() < 0.5 ? 1 - random() / 10 : random(),
        onFailure: oneOf(random, ['cancel', 'cancel', 'continue'] as const),
      })),
    };
  });
}

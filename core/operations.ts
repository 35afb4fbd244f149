import { defineJob, type QueueContract } from './define.ts';
import { cancelMany, cancelManyResult, retryMany, retryManyResult } from './many.ts';

/**
 * TaskQ's own job types: what is asked of many jobs is done by a job. They are no part of the catalogue that
 * `POST /v1/jobs` takes types from, and run in a function of their own, whose role may do more than a worker's.
 */
export const operationsQueue: QueueContract = { name: 'taskq', memoryMb: 512, batchConcurrency: 1 };

/** Types and the queue that begin so are TaskQ's own. */
export const ownPrefix = 'taskq';

// They work in parts of 40 s and snooze in between: a short queue is enough for any number of jobs.
const shared = { queue: operationsQueue.name, timeoutSeconds: 60, retry: { maxAttempts: 10 } };

export const retryManyJob = defineJob({
  type: 'taskq.retry',
  payload: retryMany,
  result: retryManyResult,
  ...shared,
});
export const cancelManyJob = defineJob({
  type: 'taskq.cancel',
  payload: cancelMany,
  result: cancelManyResult,
  ...shared,
});

export const operations = [retryManyJob, cancelManyJob] as const;

/** Is it a job of TaskQ's own: none is retried or cancelled with many others. */
export function isOwn({ type }: { type: string }): boolean {
  return type === ownPrefix || type.startsWith(`${ownPrefix}.`);
}

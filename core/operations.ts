import { defineJob, ownPrefix, type QueueContract } from './define.ts';
import { cancelMany, cancelManyResult, retryMany, retryManyResult } from './many.ts';

/**
 * TaskQ's own job types: what is asked of many jobs is done by a job. They are no part of the catalogue that
 * `POST /v1/jobs` takes types from, and run in a function of their own, whose role may do more than a worker's.
 */
export const operationsQueue: QueueContract = { name: ownPrefix, memoryMb: 512, batchConcurrency: 1 };

// They work in parts of 40 s and snooze in between: a short queue is enough for any number of jobs.
const shared = { queue: operationsQueue.name, timeoutSeconds: 60, retry: { maxAttempts: 10 } };

export const retryManyJob = defineJob({
  type: `${ownPrefix}.retry`,
  payload: retryMany,
  result: retryManyResult,
  ...shared,
});
export const cancelManyJob = defineJob({
  type: `${ownPrefix}.cancel`,
  payload: cancelMany,
  result: cancelManyResult,
  ...shared,
});

export const operations = [retryManyJob, cancelManyJob] as const;

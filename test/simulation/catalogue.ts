import * as z from 'zod/mini';
import type { JobContract } from '../../core/define.ts';
import { type Lane, type QueueTimes, queueTimes } from '../../core/lane.ts';
import { operations, operationsQueue } from '../../core/operations.ts';
import { callbackType } from '../../core/workflow/request.ts';

const anything = { payload: z.unknown(), result: z.unknown(), retry: { maxAttempts: 4 } };

/** The types of the simulation. `plain` has the timeout that is the default, `fresh` came with the new release, `long` has a queue of its own. */
const contracts: Record<'plain' | 'fresh' | 'long' | 'step', JobContract> = {
  plain: { type: 'plain', queue: 'default', timeoutSeconds: 30, ...anything },
  fresh: { type: 'fresh', queue: 'default', timeoutSeconds: 30, ...anything },
  long: { type: 'long', queue: 'long', timeoutSeconds: 120, ...anything },
  /** Of workflows: what it did can be undone. */
  step: { type: 'step', queue: 'default', timeoutSeconds: 30, compensates: true, ...anything },
};
/** Tells the end of a workflow. */
const tells: JobContract = { type: callbackType, queue: 'default', timeoutSeconds: 30, ...anything };
export type SimulatedType = keyof typeof contracts;

const queues = [
  { name: 'default', memoryMb: 512, batchConcurrency: 10 },
  { name: 'long', memoryMb: 512, batchConcurrency: 1 },
];
/** The users' queues, and TaskQ's own. */
export const queueNames = [...queues, operationsQueue].map((each) => each.name);
/** Queues with fewer lanes than all. */
export const lanesOf: Record<string, readonly Lane[]> = { [operationsQueue.name]: ['normal', 'quarantine'] };

export const timesOf: Record<string, QueueTimes> = Object.fromEntries(
  queueNames.map((queue) => [queue, queueTimes(queue, [...Object.values(contracts), ...operations])]),
);

/** What each release knows. */
export const catalogues = {
  old: { queues, contracts: [contracts.plain, contracts.long, contracts.step, tells] },
  new: { queues, contracts: [...Object.values(contracts), tells] },
};

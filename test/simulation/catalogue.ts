import * as z from 'zod/mini';
import type { JobContract } from '../../core/define.ts';

const anything = { payload: z.unknown(), result: z.unknown(), retry: { maxAttempts: 4 } };

/** The types of the simulation. `plain` has the timeout that is the default, `fresh` came with the new release, `long` has a queue of its own. */
const contracts: Record<'plain' | 'fresh' | 'long', JobContract> = {
  plain: { type: 'plain', queue: 'default', timeoutSeconds: 30, ...anything },
  fresh: { type: 'fresh', queue: 'default', timeoutSeconds: 30, ...anything },
  long: { type: 'long', queue: 'long', timeoutSeconds: 120, ...anything },
};
export type SimulatedType = keyof typeof contracts;

const queues = [
  { name: 'default', memoryMb: 512, batchConcurrency: 10 },
  { name: 'long', memoryMb: 512, batchConcurrency: 1 },
];
export const queueNames = queues.map((each) => each.name);

/** What each release knows. */
export const catalogues = {
  old: { queues, contracts: [contracts.plain, contracts.long] },
  new: { queues, contracts: Object.values(contracts) },
};

import * as z from 'zod/mini';
import type { JobContract } from '../../core/define.ts';

const common = {
  queue: 'default',
  payload: z.unknown(),
  result: z.unknown(),
  timeoutSeconds: 30,
  retry: { maxAttempts: 4 },
};

/** The types of the simulation, with the timeout that is the default. `fresh` came with the new release. */
const contracts: Record<'plain' | 'fresh', JobContract> = {
  plain: { type: 'plain', ...common },
  fresh: { type: 'fresh', ...common },
};
export type SimulatedType = keyof typeof contracts;

const queues = [{ name: 'default', memoryMb: 512, batchConcurrency: 10 }];
export const queueNames = ['default'] as const;

/** What each release knows. */
export const catalogues = {
  old: { queues, contracts: [contracts.plain] },
  new: { queues, contracts: [contracts.plain, contracts.fresh] },
};

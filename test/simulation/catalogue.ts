import * as z from 'zod/mini';
import type { JobContract } from '../../core/define.ts';

/** The one type and queue of the simulation, with the timeout that is the default. */
export const contract: JobContract = {
  type: 'simulated',
  queue: 'default',
  payload: z.unknown(),
  result: z.unknown(),
  timeoutSeconds: 30,
  retry: { maxAttempts: 4 },
};
export const catalogue = {
  queues: [{ name: 'default', memoryMb: 512, batchConcurrency: 10 }],
  contracts: [contract],
};

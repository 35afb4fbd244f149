import type { QueueContract } from '../core/define.ts';

/** Every queue: each gets its own worker function, five lanes and a dead-letter queue. */
export const queues: QueueContract[] = [
  { name: 'default', memoryMb: 512, batchConcurrency: 10 },
  /** For types that run longer than 60 s: one job to a process, its lease renewed. */
  { name: 'long', memoryMb: 512, batchConcurrency: 1 },
  { name: 'webhooks', memoryMb: 256, batchConcurrency: 10 },
];

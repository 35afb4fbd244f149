import * as z from 'zod/mini';
import type { JobContract } from '../../core/define.ts';
import type { JobState } from '../../core/state.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import { vault } from '../../functions/vault.ts';
import { aJob } from './a-job.ts';
import { aClock } from './clock.ts';
import { fakeKeys } from './fake-keys.ts';
import { noFaults } from './faults.ts';
import { memoryDedupe } from './memory-dedupe.ts';
import { memoryEffects } from './memory-effects.ts';
import { memoryLanes } from './memory-lanes.ts';
import { memorySealed } from './memory-sealed.ts';
import { memoryStore } from './memory-store.ts';

export const queues = [{ name: 'default', memoryMb: 512, batchConcurrency: 10 }];

/** Types of queue `default`: `echo` takes anything, `greet` an object with a name. */
export const contracts: JobContract[] = [
  {
    type: 'echo',
    queue: 'default',
    payload: z.unknown(),
    result: z.unknown(),
    timeoutSeconds: 30,
    retry: { maxAttempts: 5 },
  },
  {
    type: 'greet',
    queue: 'default',
    payload: z.strictObject({ name: z.string() }),
    result: z.string(),
    timeoutSeconds: 10,
    retry: { maxAttempts: 3 },
  },
];

/** Everything outside the steps, in memory, on one clock and behind one edge where calls are counted and fail. */
export function aWorld() {
  const clock = aClock();
  const faults = noFaults();
  const sealed = memorySealed(faults);
  const keys = fakeKeys(faults);
  const lanes = memoryLanes(clock, { faults });
  const world = {
    clock,
    faults,
    keys,
    sealed,
    store: memoryStore(faults),
    lanes,
    depth: lanes.depth,
    dedupe: memoryDedupe(faults),
    effects: memoryEffects(faults),
    vault: vault(keys, sealed),
    /** Puts a job's record there, its payload truly sealed. Counts as no call. */
    async job(
      payload: unknown = 'a payload',
      fields: Partial<JobRecord> & { tenant?: string; status?: JobState } = {},
    ): Promise<JobRecord> {
      const record = aJob(fields);
      const as = { tenant: tenantOf(record), jobId: record.sk, field: 'payload' } as const;
      const plain = Buffer.from(JSON.stringify(payload));
      world.store.put({ ...record, payload: await vault(fakeKeys(), memorySealed()).seal(plain, as) });
      return world.store.peek(record.sk) as JobRecord;
    },
    /** Sends a pointer to each job. Counts as no call. */
    point(lane: string, ...jobs: JobRecord[]): void {
      for (const job of jobs)
        world.lanes.put(lane, JSON.stringify({ v: 1, tenant: tenantOf(job), job: job.sk }));
    },
  };
  return world;
}

export type World = ReturnType<typeof aWorld>;

import { entry, fitsDelay, handOverMs, insertedEntry, releaseAt } from './attention.ts';
import { packDependencies } from './dependencies.ts';
import type { Draft } from './request.ts';
import { keptMs } from './settle.ts';
import { type JobRecord, jobKey, type RecordKey, type Sealed } from './table.ts';

/** Who asks for the job, and within which trace. */
export interface Caller {
  tenant: string;
  createdBy: string;
  traceparent?: string;
}

/**
 * The first record of a job: `pending`, or `scheduled` while its time is to come; far ones wait in `attention`, those of
 * long queues are watched there. So is one that waits for others: its first pointer has it looked after.
 */
export function newRecord(
  jobId: string,
  draft: Draft,
  caller: Caller,
  payload: Sealed,
  now: number,
): JobRecord {
  const { availableAt, dependencies, waits = false } = draft;
  return {
    ...jobKey(caller.tenant, jobId),
    v: 1,
    status: waits ? 'waiting_dependencies' : availableAt > now ? 'scheduled' : 'pending',
    type: draft.type,
    queue: draft.queue,
    priority: draft.priority,
    timeoutSeconds: draft.timeoutSeconds,
    ...(draft.tags.length === 0 ? {} : { tags: draft.tags }),
    createdBy: caller.createdBy,
    ...(caller.traceparent === undefined ? {} : { traceparent: caller.traceparent }),
    ...(draft.workflow === undefined ? {} : { workflow: draft.workflow }),
    ...(dependencies === undefined
      ? {}
      : { dependencies: packDependencies(dependencies.on, dependencies.delayMs) }),
    payload,
    availableAt,
    fence: 0,
    attempt: 0,
    attemptsLeft: draft.maxAttempts,
    ...firstEntry(jobId, draft, now),
  };
}

function firstEntry(jobId: string, { availableAt, long, waits }: Draft, now: number): Partial<JobRecord> {
  if (waits) return entry(jobId, now + handOverMs);
  if (!fitsDelay(availableAt, now)) return entry(jobId, releaseAt(availableAt));
  return long ? insertedEntry(jobId, availableAt) : {};
}

/** A tombstone: the record that was to stand here can never be inserted. Kept as long as a job would be. */
export function tombstone(key: RecordKey, now: number): JobRecord {
  return {
    ...key,
    v: 1,
    status: 'void',
    type: '',
    queue: '',
    priority: 0,
    timeoutSeconds: 0,
    createdBy: '',
    payload: { v: 1, at: 'item', where: '', bytes: 0, hash: new Uint8Array(1) },
    availableAt: now,
    fence: 0,
    attempt: 0,
    attemptsLeft: 0,
    expiresAt: Math.ceil((now + keptMs) / 1000),
  };
}

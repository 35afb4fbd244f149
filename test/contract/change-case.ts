import type { Change } from '../../core/change.ts';
import { failedPartition, type JobRecord } from '../../core/table.ts';
import { start } from '../support/clock.ts';

/** A change that core makes, the record it was made for, what it leaves, and records that it must not touch. */
export interface ChangeCase {
  name: string;
  found: JobRecord;
  change: (found: JobRecord) => Change;
  /** What differs afterwards; undefined for what is gone. */
  becomes: Partial<JobRecord>;
  /** Each of these, standing there instead, refuses the change. */
  refusedBy: Record<string, Partial<JobRecord>>;
}

/** What ends a job at `start` sets; kept for 30 days. */
export const ended = { availableAt: start, finishedAt: start, expiresAt: 1_797_933_600 };
export const leaseOver = { status: 'running', availableAt: start - 1 } as const;
export const waitsForRelease = { attention: 'due#07', attentionAt: start - 5_000 };

/** What refuses a holder's write, or a finder's. */
export const anotherFence = { 'another fence': { fence: 2 } };
export const notRunning = {
  'a settled job': { status: 'completed' },
  'a waiting one': { status: 'pending' },
} as const;
export const leaseAlive = { 'a lease that lives': { availableAt: start + 1 } };

/** The whole record that a case leaves. The two index partitions are a job's own; each is written out by `core/table.ts`. */
export function afterwards({ found, becomes }: ChangeCase): JobRecord {
  const partition =
    becomes.attention === 'of failed jobs' ? failedPartition(found) : `due#${dueOf(found.sk)}`;
  const record = {
    ...found,
    ...becomes,
    ...(becomes.attention === undefined ? {} : { attention: partition }),
  };
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as unknown as JobRecord;
}

/** Two digits: the id's last byte but one, below 64. */
function dueOf(jobId: string): string {
  return String(Number.parseInt(jobId.slice(-4, -2), 16) % 64).padStart(2, '0');
}

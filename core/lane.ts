import { isOwn, type JobContract, ownPrefix, type QueueContract } from './define.ts';

/** The lanes of a queue, most urgent first. `quarantine` takes one job at a time. */
export const lanes = ['critical', 'high', 'normal', 'low', 'quarantine'] as const;
export type Lane = (typeof lanes)[number];

export const defaultPriority = 4;

/** Priority 0–9, higher first: critical 9, high 6–8, normal 3–5, low 0–2. */
export function laneOf(priority: number): Lane {
  if (priority >= 9) return 'critical';
  if (priority >= 6) return 'high';
  if (priority >= 3) return 'normal';
  return 'low';
}

/** The longest delay SQS gives a message, in seconds (SendMessage, DelaySeconds). */
export const maxDelaySeconds = 900;

/** Receives before SQS moves a message to the dead-letter queue. Receives are not attempts. */
export const maxReceiveCount = 20;

/** Retention of lanes and dead-letter queues: SQS's longest, 14 days, in seconds. */
export const retentionSeconds = 14 * 24 * 60 * 60;

/** The longest timeout of a type in a short queue, whose lease is the lane's own visibility. */
export const maxShortTimeoutSeconds = 60;

/** The longest timeout of all: Lambda ends a function after 900 s, and needs the margin below. */
export const maxTimeoutSeconds = 885;

/** Room after the longest run for claim, open and settle. */
const functionMarginSeconds = 15;
/** Room after the function's end for its answer to reach SQS. */
const visibilityMarginSeconds = 30;
/** The lease ends before the message can be seen again, so that one holder is over before the next begins. */
const leaseMarginSeconds = 10;

/** The lease of a job in a long queue: renewed while it runs, so that a crash costs no more than this. */
export const longLeaseMs = 30_000;

export interface QueueTimes {
  /** A type runs longer than 60 s: one job at a time, under a lease that is renewed (`core/renew.ts`). */
  long: boolean;
  longestTimeoutMs: number;
  functionTimeoutSeconds: number;
  visibilitySeconds: number;
  leaseMs: number;
}

/** Does a type of this queue run longer than 60 s: then it takes one job at a time, under a lease that is renewed. */
export function isLongQueue(queue: string, contracts: readonly JobContract[]): boolean {
  return contracts.some((each) => each.queue === queue && each.timeoutSeconds > maxShortTimeoutSeconds);
}

/**
 * The times of a queue, all from its longest type: function = timeout + 15 s, visibility = function + 30 s
 * (not AWS's advised six times: the fence makes an early redelivery harmless). A short queue's lease is that
 * visibility − 10 s; a long queue's is 30 s, renewed. Throws when the queue has no type or a type is too long.
 */
export function queueTimes(queue: string, contracts: readonly JobContract[]): QueueTimes {
  const own = contracts.filter((each) => each.queue === queue);
  if (own.length === 0)
    throw new Error(`queue "${queue}" has no job type; declare one in jobs/ or remove the queue`);
  const tooLong = own.find((each) => each.timeoutSeconds > maxTimeoutSeconds);
  if (tooLong !== undefined) {
    throw new Error(
      `type "${tooLong.type}" has timeoutSeconds ${tooLong.timeoutSeconds}; at most ${maxTimeoutSeconds}, because Lambda ` +
        'ends a function after 900 s and 15 s are kept for the settle. Split the job',
    );
  }
  const longestSeconds = Math.max(...own.map((each) => each.timeoutSeconds));
  const functionTimeoutSeconds = longestSeconds + functionMarginSeconds;
  const visibilitySeconds = functionTimeoutSeconds + visibilityMarginSeconds;
  const long = isLongQueue(queue, contracts);
  return {
    long,
    longestTimeoutMs: longestSeconds * 1000,
    functionTimeoutSeconds,
    visibilitySeconds,
    leaseMs: long ? longLeaseMs : (visibilitySeconds - leaseMarginSeconds) * 1000,
  };
}

const namePattern = /^[a-z0-9._-]{1,64}$/;

/**
 * What is wrong with the declared queues and job types, as sentences; empty when all is well.
 * Called at synth, so that a wrong number fails before anything is deployed.
 */
export function contractFaults(
  queues: readonly QueueContract[],
  contracts: readonly JobContract[],
): string[] {
  const faults: string[] = [];
  const types = new Set<string>();
  for (const { type, queue, timeoutSeconds, retry } of contracts) {
    if (!namePattern.test(type)) faults.push(`type "${type}" must match ${namePattern.source}`);
    if (isOwn(type))
      faults.push(`type "${type}" begins with "${ownPrefix}", which is TaskQ's own; call it otherwise`);
    if (types.has(type)) faults.push(`type "${type}" is declared twice`);
    types.add(type);
    if (!queues.some((each) => each.name === queue))
      faults.push(`type "${type}" names queue "${queue}", which is not declared in jobs/queues.ts`);
    if (!(Number.isInteger(timeoutSeconds) && timeoutSeconds >= 1))
      faults.push(`type "${type}" has timeoutSeconds ${timeoutSeconds}; a whole number from 1`);
    if (!(Number.isInteger(retry.maxAttempts) && retry.maxAttempts >= 1 && retry.maxAttempts <= 100)) {
      faults.push(`type "${type}" has maxAttempts ${retry.maxAttempts}; a whole number from 1 to 100`);
    }
  }
  for (const { name, memoryMb, batchConcurrency } of queues) {
    if (isOwn(name))
      faults.push(`queue "${name}" begins with "${ownPrefix}", which is TaskQ's own; call it otherwise`);
    if (!namePattern.test(name)) faults.push(`queue "${name}" must match ${namePattern.source}`);
    if (!(Number.isInteger(batchConcurrency) && batchConcurrency >= 1 && batchConcurrency <= 10)) {
      faults.push(
        `queue "${name}" has batchConcurrency ${batchConcurrency}; a whole number from 1 to 10, one SQS receive`,
      );
    }
    if (!(memoryMb >= 128 && memoryMb <= 10_240))
      faults.push(`queue "${name}" has memoryMb ${memoryMb}; 128 to 10240`);
    const long = contracts.find(
      (each) => each.queue === name && each.timeoutSeconds > maxShortTimeoutSeconds,
    );
    if (long !== undefined && batchConcurrency > 1) {
      faults.push(
        `type "${long.type}" has timeoutSeconds ${long.timeoutSeconds}, more than ${maxShortTimeoutSeconds}, which makes queue "${name}" ` +
          `a long one, whose lease is renewed for one job at a time; but it has batchConcurrency ${batchConcurrency}. Put the type ` +
          `into a queue of its own with batchConcurrency 1, or lower its timeout`,
      );
    }
    try {
      queueTimes(name, contracts);
    } catch (error) {
      faults.push((error as Error).message);
    }
  }
  return faults;
}

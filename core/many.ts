import * as z from 'zod/mini';
import { fault, job, moment, name, tag, whole } from './api.ts';
import type { FailedEntry } from './change.ts';
import { isOwn } from './define.ts';
import { fingerprintPattern, noFingerprint } from './fingerprint.ts';
import type { JobRecord } from './table.ts';
import { momentMs } from './view.ts';

/** The shapes of what is asked of many jobs at once: which failed alike, retry them, cancel them. */

/** The longest that a canary is watched, and how long unless the request says. */
const maxWaitSeconds = 6 * 60 * 60;
export const defaultWaitSeconds = 300;

const fingerprint = z.string().check(z.regex(fingerprintPattern, 'must be 16 hex characters'));
const common = {
  type: z.optional(name),
  queue: z.optional(name),
  since: z.optional(moment),
  until: z.optional(moment),
};

export const failuresQuery = z.strictObject({
  ...common,
  tag: z.optional(z.array(tag).check(z.maxLength(8))),
  fingerprint: z.optional(fingerprint),
  cursor: z.optional(z.string().check(z.maxLength(200))),
});

export const failuresResponse = z.object({
  groups: z.array(
    z.object({
      fingerprint: z.string(),
      type: z.string(),
      queue: z.string(),
      code: z.string(),
      cause: z.string(),
      code_version: z.optional(z.string()),
      count: z.int(),
      first_at: z.string(),
      last_at: z.string(),
      examples: z.array(z.string()),
      /** The examples are jobs of workflows, which are retried as wholes: that of the latest. */
      workflow_id: z.optional(z.string()),
    }),
  ),
  looked_at: z.int(),
  cursor: z.optional(z.string()),
});

const tags = z.optional(z.array(tag).check(z.minLength(1), z.maxLength(8)));
const retried = {
  ...common,
  tags,
  status: z.optional(z.enum(['failed', 'cancelled'])),
  fingerprint: z.optional(fingerprint),
};
const changed = {
  patch: z.optional(z.record(z.string(), z.unknown())),
  canary: z.optional(
    z.strictObject({
      percent: z.number().check(z.minimum(1), z.maximum(50)),
      max_failure_rate: z.number().check(z.minimum(0), z.maximum(1)),
      wait_seconds: z.optional(whole(10, maxWaitSeconds)),
    }),
  ),
};
export const cancellable = ['waiting_dependencies', 'scheduled', 'pending', 'retrying', 'running'] as const;
const cancelled = {
  ...common,
  tags,
  status: z.optional(z.enum(cancellable)),
};

/** Nothing happens to every job of a tenant by accident: whoever means them all says so by `status`. */
const chosenBy = (filters: readonly string[]) =>
  z.refine<Record<string, unknown>>((body) => filters.some((each) => body[each] !== undefined), {
    message: `must have at least one of ${filters.join(', ')}: which jobs are meant?`,
  });

const dryRun = { dry_run: z.optional(z.boolean()) };
export const retryManyRequest = z
  .strictObject({ ...retried, ...changed, ...dryRun })
  .check(chosenBy(Object.keys(retried)));
export const cancelManyRequest = z
  .strictObject({ ...cancelled, ...dryRun })
  .check(chosenBy(Object.keys(cancelled)));
/** What the job that does it is given: the request itself. */
export const retryMany = z.strictObject({ ...retried, ...changed });
export const cancelMany = z.strictObject(cancelled);

/** Why a job that matched was left as it was. */
export const skipReasons = [
  'changed',
  'in_workflow',
  'payload_expired',
  'payload_unopenable',
  'payload_too_large',
  'unknown_type',
  'invalid_payload',
] as const;
export type SkipReason = (typeof skipReasons)[number];
const skipReason = z.enum(skipReasons);
const skipped = {
  skipped: z.int(),
  reasons: z.partialRecord(skipReason, z.int()),
  /** A few of them. */
  examples: z.array(z.object({ job_id: z.string(), reason: skipReason })),
};

/** `more`: not all were looked at, there may be others. */
export const dryRunResponse = z.object({
  matched: z.int(),
  more: z.boolean(),
  /** Of a retry: how many of the first 1,000 belong to a workflow and are left as they are. */
  in_workflow: z.optional(z.int()),
  /** What the patch does to a few of them. */
  patch: z.optional(
    z.object({
      tried: z.int(),
      misfits: z.array(
        z.object({ job_id: z.string(), reason: skipReason, details: z.optional(z.array(fault)) }),
      ),
    }),
  ),
});
/** 200: a dry run's count, or the job that an earlier request with the same key began. */
export const manyResponse = z.union([dryRunResponse, job]);

export const retryManyResult = z.object({
  matched: z.int(),
  retried: z.int(),
  ...skipped,
  stopped: z.optional(z.literal('canary')),
  canary: z.optional(
    z.object({
      jobs: z.int(),
      completed: z.int(),
      failed: z.int(),
      /** Not final when the time was over. */
      open: z.int(),
      failure_rate: z.number(),
    }),
  ),
});
export const cancelManyResult = z.object({ matched: z.int(), cancelled: z.int(), ...skipped });

export type FailuresQuery = z.infer<typeof failuresQuery>;
export type RetryManyRequest = z.infer<typeof retryManyRequest>;
export type CancelManyRequest = z.infer<typeof cancelManyRequest>;
export type RetryMany = z.infer<typeof retryMany>;
export type CancelMany = z.infer<typeof cancelMany>;
export type FailuresResponse = z.infer<typeof failuresResponse>;
export type RetryManyResult = z.infer<typeof retryManyResult>;
export type CancelManyResult = z.infer<typeof cancelManyResult>;
export type DryRunResponse = z.infer<typeof dryRunResponse>;

/** Which jobs are meant, times in ms. */
export interface ManyFilter {
  status?: string;
  type?: string;
  queue?: string;
  tags: readonly string[];
  fingerprint?: string;
  /** Inclusive: of the job's failure where failed ones are meant, else of its creation (`functions/operate/choose.ts`). */
  since: number;
  /** Exclusive. */
  until: number;
}

/** @param before nothing from this time on is meant, whatever the filter says */
export function manyFilterOf(
  asked: Omit<RetryMany, 'patch' | 'canary' | 'status'> & { status?: string },
  before: number,
): ManyFilter {
  const { since, until, tags: wanted = [], ...rest } = asked;
  return {
    ...rest,
    tags: wanted,
    since: since === undefined ? 0 : momentMs(since),
    until: Math.min(before, until === undefined ? before : momentMs(until)),
  };
}

type Looked = Pick<JobRecord, 'type' | 'queue' | 'tags' | 'fingerprint'> | FailedEntry;

/** Does a job meet everything of the filter but its status and its times. TaskQ's own operations are never among many. */
export function isMeant(job: Looked, filter: Omit<ManyFilter, 'since' | 'until'>): boolean {
  if (isOwn(job.type)) return false;
  if (filter.type !== undefined && job.type !== filter.type) return false;
  if (filter.queue !== undefined && job.queue !== filter.queue) return false;
  if (filter.fingerprint !== undefined && (job.fingerprint ?? noFingerprint) !== filter.fingerprint)
    return false;
  return filter.tags.every((each) => job.tags?.includes(each) ?? false);
}

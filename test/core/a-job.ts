import type { JobState } from '../../core/state.ts';
import type { JobRecord, Sealed } from '../../core/table.ts';

/** 2027-01-15T08:00:00.000Z: the time at which most tests happen. */
export const now = 1_800_000_000_000;

/** Minted at `now` in shard 5; its entries lie in partition due#09 (0x89 mod 64). */
export const jobId = '01a3185c-5000-7abc-8def-012345678905';
export const key = { pk: 'acme#5', sk: jobId };

export const sealed: Sealed = {
  v: 1,
  data: new Uint8Array(40),
  iv: new Uint8Array(12),
  tag: new Uint8Array(16),
  key_id: 'v1',
  algorithm: 'A256GCM-HKDF',
  encoding: 'plain',
};

const entry = { attention: 'due#09', attentionAt: 1_800_000_060_000 };
const held = { fence: 1, attempt: 1, attemptsLeft: 4, owner: 'someone', message: 'm-1', shared: 1 };
const ended = { finishedAt: now, expiresAt: 1_802_592_000 };
const lastError = { code: 'network', cause: 'transient_error', attempt: 1, at: now } as const;

/** What makes a record of each state a legal one, beside what all have. */
const states: Record<JobState | 'void', Partial<JobRecord>> = {
  // It waits for 01a3185c-5000-7abc-8def-012345678902.
  waiting_dependencies: { dependencies: { well: 'AaMYXFAAeryN7wEjRWeJAg' }, ...entry },
  scheduled: { availableAt: 1_800_000_030_000 },
  pending: {},
  retrying: { ...held, availableAt: 1_800_000_030_000, lastError },
  running: { ...held, availableAt: 1_800_000_065_000, startedAt: now, codeVersion: 'c1' },
  completed: { ...held, ...ended, result: sealed },
  failed: { ...held, ...ended, lastError, attention: 'acme#failed#5', attentionAt: now },
  cancelled: { ...ended },
  skipped: { ...ended },
  void: { type: '', queue: '', attemptsLeft: 0, expiresAt: 1_802_592_000 },
};

/** A legal record in that state, with whatever the test is about set besides. */
export function aJob(status: JobRecord['status'], more: Partial<JobRecord> = {}): JobRecord {
  return {
    ...key,
    v: 1,
    status,
    type: 'csv.summarize',
    queue: 'default',
    priority: 4,
    timeoutSeconds: 30,
    createdBy: 'arn:aws:iam::123456789012:user/ada',
    payload: sealed,
    availableAt: now,
    fence: 0,
    attempt: 0,
    attemptsLeft: 5,
    ...states[status],
    ...more,
  };
}

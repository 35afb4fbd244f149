import { mintJobId } from '../../core/id.ts';
import type { JobState } from '../../core/state.ts';
import { failedPartition, type JobRecord, jobKey, type Sealed } from '../../core/table.ts';
import { start } from './clock.ts';

let minted = 0;

/** The next id of this test file: the same in every run, spread over shards and partitions. */
export function aJobId({ at = start, shard }: { at?: number; shard?: number } = {}): string {
  minted++;
  const random = Buffer.alloc(9);
  random.writeUInt32BE(minted * 7, 4);
  random[8] = minted;
  return mintJobId(at, random, shard ?? minted % 8);
}

/** A sealed value that nothing can open: for tests that never look inside. */
export function sealedBytes(count = 40): Sealed {
  return {
    v: 1,
    data: new Uint8Array(count).fill(7),
    iv: new Uint8Array(12).fill(1),
    tag: new Uint8Array(16).fill(2),
    key_id: 'v1',
    algorithm: 'A256GCM-HKDF',
    encoding: 'plain',
  };
}

/** What a claim leaves on a record: held by someone else, alone, for another 65 s. */
const claimed = {
  fence: 1,
  attempt: 1,
  attemptsLeft: 4,
  owner: 'another-owner',
  message: 'another-message',
  shared: 1,
  startedAt: start,
  codeVersion: '1.0.0',
} satisfies Partial<JobRecord>;

const monthMs = 30 * 24 * 60 * 60 * 1000;
const ended = {
  availableAt: start,
  finishedAt: start,
  expiresAt: (start + monthMs) / 1000,
} satisfies Partial<JobRecord>;

const lastError = { code: 'network', cause: 'transient_error', attempt: 1, at: start } as const;

/** What a record in a state has beside what every record has. */
const legal: Record<JobState, Partial<JobRecord>> = {
  waiting_dependencies: {},
  pending: {},
  scheduled: { availableAt: start + 60_000 },
  retrying: { ...claimed, availableAt: start + 30_000, lastError },
  running: { ...claimed, availableAt: start + 65_000 },
  completed: { ...claimed, ...ended, result: sealedBytes(20) },
  failed: { ...claimed, attempt: 5, attemptsLeft: 0, ...ended, lastError, attentionAt: start },
  cancelled: { ...ended },
  skipped: { ...ended },
};

/** A record that is legal for its status; `pending` of tenant `acme`, minted at `start`, unless told otherwise. */
export function aJob(fields: Partial<JobRecord> & { tenant?: string; status?: JobState } = {}): JobRecord {
  const { tenant = 'acme', status = 'pending', ...rest } = fields;
  const key = jobKey(tenant, rest.sk ?? aJobId());
  const record: JobRecord = {
    ...key,
    v: 1,
    status,
    type: 'echo',
    queue: 'default',
    priority: 4,
    timeoutSeconds: 30,
    createdBy: 'arn:aws:iam::000000000000:user/ada',
    payload: sealedBytes(),
    availableAt: start,
    fence: 0,
    attempt: 0,
    attemptsLeft: 5,
    ...legal[status],
    ...(status === 'failed' ? { attention: failedPartition(key) } : {}),
    ...rest,
  };
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as unknown as JobRecord;
}

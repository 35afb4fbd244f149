import { shardOf } from './id.ts';
import type { JobState } from './state.ts';

/**
 * The jobs table: every attribute and index name, and the keys. Nothing else spells them.
 *
 *   pk = tenant#shard      sk = jobId            the record of a job
 *   pk = p#jobId           sk = payload#… | result#… | error#…   sealed values too big for the record
 *   pk = p#jobId           sk = effects          what `once` has stored, under a fence of its own
 *   pk = p#jobId           sk = operation        how far an operation on many jobs is
 *   pk = k#tenant#hmac     sk = key              an idempotency key, naming its job
 */
export const jobsTable = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'expiresAt',
  attentionIndex: {
    name: 'attention',
    partitionKey: 'attention',
    sortKey: 'attentionAt',
    // A projection cannot be changed later. Nothing of it changes while a job has an entry, so it costs no writes.
    projects: ['type', 'gate', 'queue', 'tags', 'fingerprint'],
  },
} as const;

/** Wrapped tenant keys: pk = tenant, sk = the key's id (`v1`, `v2`, … or `dedupe`). */
export const keysTable = { partitionKey: 'pk', sortKey: 'sk' } as const;

/**
 * What is about tenants, queues and TaskQ itself, and not about one job:
 *
 *   pk = tenants      sk = tenant            everyone who ever enqueued: whom the walk visits
 *   pk = walk         sk = group             how far the walk is in a group of shards (`core/walk.ts`)
 */
export const controlTable = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'expiresAt',
  tenants: 'tenants',
  walk: 'walk',
} as const;

/** `availableAt` of what may not be claimed until someone changes it: the largest time a Date can hold. */
export const never = 8_640_000_000_000_000;

/** A sealed value: AES-256-GCM under a key of the tenant's (`core/envelope.ts`). */
export interface Sealed {
  v: 1;
  data: Uint8Array;
  iv: Uint8Array;
  tag: Uint8Array;
  key_id: string;
  algorithm: 'A256GCM-HKDF';
  encoding: 'plain' | 'zstd';
}

/** A sealed value that lies elsewhere: in an item of its own or in an S3 object. */
export interface Elsewhere {
  v: 1;
  at: 'item' | 's3';
  where: string;
  bytes: number;
  /** SHA-256 of the ciphertext. */
  hash: Uint8Array;
}

export type Stored = Sealed | Elsewhere;

/** The last failure, as metadata: nothing of the payload, nothing of a message. */
export interface LastError {
  code: string;
  cause: FailureCause;
  attempt: number;
  at: number;
  /** Of an attempt whose process died (`core/death.ts`): how many jobs were in it, where more than one. */
  shared?: number;
  /** Of a job that never ran: the job that it waited for, and that did not end well. */
  dependency?: string;
  /** Its invocation, and the stream that tells of it in the log group of its queue's worker. */
  requestId?: string;
  logStream?: string;
}

/** Why an attempt failed or a job was given up. */
export type FailureCause =
  | 'transient_error'
  | 'permanent_error'
  | 'system_error'
  | 'timeout'
  | 'out_of_memory'
  | 'lease_lost'
  | 'attempts_exhausted'
  | 'buried'
  | 'dependency_failed';

/** How far an attempt says it is. Metadata: whoever may read the job reads it. */
export interface Progress {
  /** 0 to 100, whole. */
  percent: number;
  note?: string;
  at: number;
}

/** What a job waits for (`core/dependencies.ts`). */
export interface Dependencies {
  /** Jobs that must end well, their ids packed. */
  well?: string;
  /** Jobs that must end, well or not. */
  ended?: string;
  /** It runs so long after the last has ended. */
  delayMs?: number;
}

/** The record of a job. Times are ms since the epoch. `createdAt` is in the id, `maxAttempts` is attempt + attemptsLeft. */
export interface JobRecord {
  /** tenant#shard. Insert, never changed. */
  pk: string;
  /** The job's id. Insert, never changed. */
  sk: string;
  v: 1;
  /** `void` is a tombstone: this id is never to be inserted. */
  status: JobState | 'void';
  type: string;
  queue: string;
  priority: number;
  timeoutSeconds: number;
  tags?: string[];
  createdBy: string;
  traceparent?: string;
  payload: Stored;
  /** The record's one clock: run time, next attempt, end of the lease, or `never`. Every transition. */
  availableAt: number;
  /** Rises by one with every claim, never falls. Claim. */
  fence: number;
  /** Starts spent. Claim; given back by a settle that spent nothing. */
  attempt: number;
  attemptsLeft: number;
  /** The id of the invocation that holds or last held the job, a random UUID, packed (`core/death.ts`). Claim; removed by everyone else's write. */
  owner?: string;
  /** Id of the SQS message it was claimed through, or buried by if that came later. Claim, bury. */
  message?: string;
  /** How many jobs were claimed by that process with it, itself included. Claim. */
  shared?: number;
  /** How often its payload could not be opened because KMS or a store did not answer. Settle; reset by a person's retry. */
  unopened?: number;
  /** How many of its messages were buried without a claim in between. Bury; reset by a person's retry. */
  buried?: number;
  /** When the last of them was. Bury. */
  buriedAt?: number;
  /** The closed gate that holds it. Park. */
  gate?: string;
  /** Set by a person while it runs; obeyed by the next settle or claim. */
  cancelRequestedAt?: number;
  codeVersion?: string;
  /** The node of a workflow that it runs for (`core/workflow/link.ts`). Insert. */
  workflow?: string;
  /** What it waits for, or waited. Insert. */
  dependencies?: Dependencies;
  /** Jobs that wait for this one, packed. Whoever looks after them; never removed. */
  watchers?: string;
  startedAt?: number;
  finishedAt?: number;
  /** Of the last attempt that told. Its holder; removed by the next claim. */
  progress?: Progress;
  result?: Stored;
  lastError?: LastError;
  /** What it failed of, alike for failures that are alike (`core/fingerprint.ts`). Only while it is `failed`. */
  fingerprint?: string;
  /** The attention entry: index partition and time. Absent on the happy path. */
  attention?: string;
  attentionAt?: number;
  /** Minutes the entry was last put off by: doubles to 60. Release; 0 from the insert and the claim in a long queue. */
  attentionStep?: number;
  /** Seconds since the epoch, for DynamoDB's TTL. Only the settle that makes it final sets it. */
  expiresAt?: number;
}

/** An attribute of the record that changes may name. */
export type Attribute = Exclude<keyof JobRecord, 'pk' | 'sk' | 'v'>;

export interface RecordKey {
  pk: string;
  sk: string;
}

/** Shards a tenant's new jobs are spread over. A shard carries some 690 write units a second. */
export function mintShards(tenant: string): number {
  return tenant === 'default' ? 16 : 8;
}

/** Shards a tenant's list reads: never fewer than were ever minted into. */
export const listShards = mintShards;

export function shardKey(tenant: string, shard: number): string {
  return `${tenant}#${shard}`;
}

/** The key of a job's record, from its tenant and id alone. */
export function jobKey(tenant: string, jobId: string): RecordKey {
  return { pk: shardKey(tenant, shardOf(jobId)), sk: jobId };
}

export function tenantOf(record: RecordKey): string {
  return record.pk.slice(0, record.pk.indexOf('#'));
}

/** Partition of a job's sealed values: its own, so that they never slow the record's. */
export function sealedKey(jobId: string, name: string): RecordKey {
  return { pk: `p#${jobId}`, sk: name };
}

/** Where what `once` has stored for a job lies (`core/once.ts`). */
export function effectsKey(jobId: string): RecordKey {
  return sealedKey(jobId, 'effects');
}

/** Where the progress of an operation on many jobs lies (`core/operation.ts`). */
export function operationKey(jobId: string): RecordKey {
  return sealedKey(jobId, 'operation');
}

export function dedupeKey(tenant: string, hmac: string): RecordKey {
  return { pk: `k#${tenant}#${hmac}`, sk: 'key' };
}

/** How many partitions the clock's half of the attention index has. */
export const duePartitions = 64;

/** Index partition of what a clock watches, spread by the id's random part. */
export function duePartition(jobId: string): string {
  const spread = Number.parseInt(jobId.slice(-4, -2), 16) % duePartitions;
  return duePartitionName(spread);
}

export function duePartitionName(index: number): string {
  return `due#${String(index).padStart(2, '0')}`;
}

/** Index partition of what a person watches. */
export function failedPartition(key: RecordKey): string {
  return failedPartitionOf(tenantOf(key), shardOf(key.sk));
}

export function failedPartitionOf(tenant: string, shard: number): string {
  return `${tenant}#failed#${shard}`;
}

/**
 * Bytes of an item as DynamoDB bills them: names and strings in UTF-8, numbers about half a byte a
 * digit plus one, 3 bytes for a list or map and 1 for each member.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSize(item: object): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) bytes += Buffer.byteLength(name) + valueSize(value);
  }
  return bytes;
}

function valueSize(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(value).replace(/\D/g, '').length / 2) + 1;
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return 3 + value.reduce((sum: number, each) => sum + 1 + valueSize(each), 0);
  if (typeof value === 'object' && value !== null) return 3 + Object.keys(value).length + itemSize(value);
  return 1;
}

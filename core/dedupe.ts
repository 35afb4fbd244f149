import { createHmac } from 'node:crypto';
import { idRandomBytes, mintJobId } from './id.ts';
import { dedupeKey, type JobRecord, mintShards, type RecordKey } from './table.ts';

/**
 * Idempotency keys. One item per key, written before any pointer. The ids of its jobs are not stored but
 * derived, from the key, the job's position and its generation; so a repeat knows them all at once. A
 * position whose record can never come (a crash in between) is minted again, one generation on.
 */
export interface DedupeItem extends RecordKey {
  v: 1;
  /** HMAC of the parsed body: the same key with another body is a conflict. */
  body: string;
  /** When the key was first used, ms: the mint time of generation 0. */
  at: number;
  /** Position → its later generation and when that was minted. */
  again: Record<string, { generation: number; at: number }>;
  /** Rises with every change of `again`. */
  revision: number;
  /** Seconds, for TTL; tested besides, because deletion lags by days. */
  expiresAt: number;
}

/** Keys live an hour longer than promised. */
const livesSeconds = 25 * 60 * 60;

const keyPattern = /^[\x20-\x7e]{1,255}$/;

export function isIdempotencyKey(text: string): boolean {
  return keyPattern.test(text);
}

/** Where a key's item lies: the key itself is not stored, only its HMAC under the tenant's dedupe key. */
export function keyOfDedupe(tenant: string, route: string, key: string, secret: Uint8Array): RecordKey {
  return dedupeKey(tenant, hmac(secret, ['key', route, key]).toString('base64url'));
}

export function newDedupe(key: RecordKey, body: unknown, secret: Uint8Array, now: number): DedupeItem {
  return {
    ...key,
    v: 1,
    body: bodyHash(body, secret),
    at: now,
    again: {},
    revision: 0,
    expiresAt: Math.ceil(now / 1000) + livesSeconds,
  };
}

/** Equal for equal JSON, whatever the order of its members. */
export function bodyHash(body: unknown, secret: Uint8Array): string {
  return hmac(secret, ['body', JSON.stringify(body, sortedMembers)]).toString('base64url');
}

/** The id of the job at a position: a pure function of the item and the position. */
export function dedupedId(item: DedupeItem, tenant: string, position: number, secret: Uint8Array): string {
  const { generation, at } = item.again[position] ?? { generation: 0, at: item.at };
  const bytes = hmac(secret, ['id', item.pk, String(item.at), String(position), String(generation)]);
  const shard = (bytes[idRandomBytes] ?? 0) % mintShards(tenant);
  return mintJobId(at, bytes, shard);
}

/** The item after these positions were found without a job that will ever come. */
export function mintedAgain(item: DedupeItem, positions: readonly number[], now: number): DedupeItem {
  const again = { ...item.again };
  for (const position of positions)
    again[position] = { generation: (again[position]?.generation ?? 0) + 1, at: now };
  return { ...item, again, revision: item.revision + 1 };
}

/** What a repeated key's position holds. */
export type Position = 'stands' | 'mint_again' | 'tombstone_first' | 'busy';

const insertsWithinMs = 60_000;

/** A record may still be on its way for a minute after its id was minted; later its place is taken first. */
export function judgePosition(
  item: DedupeItem,
  position: number,
  record: JobRecord | undefined,
  now: number,
): Position {
  if (record !== undefined) return record.status === 'void' ? 'mint_again' : 'stands';
  const mintedAt = item.again[position]?.at ?? item.at;
  return now - mintedAt < insertsWithinMs ? 'busy' : 'tombstone_first';
}

function hmac(secret: Uint8Array, parts: readonly string[]): Buffer {
  return createHmac('sha256', secret).update(JSON.stringify(parts)).digest();
}

function sortedMembers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

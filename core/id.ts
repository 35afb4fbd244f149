/**
 * A job id is a UUIDv7 (RFC 9562) whose last byte is the shard the job was minted in: the id alone
 * gives the record's key, and ids sort by the time they were minted.
 */
const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The random bytes an id takes. */
export const idRandomBytes = 9;

/**
 * @param mintedAt ms since the epoch, the first 48 bits
 * @param random `idRandomBytes` random bytes
 * @param shard 0–255, the literal last byte
 */
export function mintJobId(mintedAt: number, random: Uint8Array, shard: number): string {
  if (random.length < idRandomBytes)
    throw new RangeError(`an id takes ${idRandomBytes} random bytes, got ${random.length}`);
  if (!Number.isInteger(shard) || shard < 0 || shard > 255)
    throw new RangeError(`shard ${shard} is not a byte`);
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(mintedAt, 0, 6);
  bytes.set(random.subarray(0, idRandomBytes), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  bytes[15] = shard;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function isJobId(text: string): boolean {
  return pattern.test(text);
}

/** The shard in the id's last byte. The id must be valid (`isJobId`). */
export function shardOf(jobId: string): number {
  return Number.parseInt(jobId.slice(-2), 16);
}

/** When the id was minted, ms since the epoch. */
export function mintedAtOf(jobId: string): number {
  return Number.parseInt(jobId.slice(0, 8) + jobId.slice(9, 13), 16);
}

/** The smallest text that sorts at or after every id minted before `ms` and before every later one. */
export function idFloor(ms: number): string {
  const hex = Math.max(0, Math.min(ms, 0xffff_ffff_ffff)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

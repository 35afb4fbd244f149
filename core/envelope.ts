import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Sealed } from './table.ts';

/**
 * Seals and opens values with AES-256-GCM under a key derived for each message: HKDF-SHA-256 of the
 * tenant's key, salted with the iv. So no number of messages wears a tenant key out, and a value opens
 * only as what it was sealed as: tenant, job, field, fence, key, algorithm and encoding are all bound.
 */
export const algorithm = 'A256GCM-HKDF';
export const ivBytes = 12;
const formatVersion = 1;
const keyBytes = 32;

/** Below this, zstd's frame costs more than it saves. */
const compressFromBytes = 1024;
/** Above this, level 1: level 3 gains a few percent for a third more time. */
const fastFromBytes = 64 * 1024;
/** The largest value that is ever opened: a frame of 1.5 KB can hold 50 MB. */
const maxOpenedBytes = 8 * 1024 * 1024;

/** What a value is sealed as. `fence` for what an attempt made: results and errors; `name` for an effect, its key. */
export interface SealedAs {
  tenant: string;
  jobId: string;
  field: 'payload' | 'result' | 'error' | 'effect' | 'nodes' | 'signal';
  fence?: number;
  name?: string;
}

/**
 * @param plain UTF-8 of the value's JSON
 * @param key the tenant's key, 32 bytes, and its id
 * @param iv `ivBytes` random bytes, never used twice
 */
export function seal(
  plain: Uint8Array,
  as: SealedAs,
  key: { id: string; bytes: Uint8Array },
  iv: Uint8Array,
): Sealed {
  const compressed = plain.length >= compressFromBytes ? compress(plain) : undefined;
  const worth = compressed !== undefined && compressed.length <= plain.length * 0.9;
  const encoding = worth ? 'zstd' : 'plain';
  const bound = bind(as, key.id);
  const cipher = createCipheriv('aes-256-gcm', messageKey(key.bytes, iv, bound), iv);
  cipher.setAAD(lengthPrefixed([...bound, encoding]));
  const data = Buffer.concat([cipher.update(worth ? compressed : plain), cipher.final()]);
  return { v: formatVersion, data, iv, tag: cipher.getAuthTag(), key_id: key.id, algorithm, encoding };
}

/**
 * The plain bytes of a sealed value. Throws when the key is another tenant's or another version, when a
 * bit was changed, or when the value was sealed as something else: GCM cannot tell these apart.
 */
export function open(sealed: Sealed, as: SealedAs, key: Uint8Array): Uint8Array {
  refuseUnknown(sealed);
  const bound = bind(as, sealed.key_id);
  const decipher = createDecipheriv('aes-256-gcm', messageKey(key, sealed.iv, bound), sealed.iv, {
    authTagLength: 16,
  });
  decipher.setAAD(lengthPrefixed([...bound, sealed.encoding]));
  decipher.setAuthTag(sealed.tag);
  const data = Buffer.concat([decipher.update(sealed.data), decipher.final()]);
  return sealed.encoding === 'zstd' ? zstdDecompressSync(data, { maxOutputLength: maxOpenedBytes }) : data;
}

/** Throws when a value was sealed in a way that this release does not know: another one opens it. */
export function refuseUnknown(sealed: Sealed): void {
  if (sealed.v === formatVersion && sealed.algorithm === algorithm) return;
  throw new Error(
    `sealed value has format ${sealed.v} and algorithm ${sealed.algorithm}; this release opens ${formatVersion} and ${algorithm}`,
  );
}

function compress(plain: Uint8Array): Buffer {
  const level = plain.length >= fastFromBytes ? 1 : 3;
  return zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: level } });
}

function bind(as: SealedAs, keyId: string): string[] {
  const fence = as.fence === undefined ? [] : [String(as.fence)];
  const name = as.name === undefined ? [] : [as.name];
  return [`taskq/${formatVersion}`, algorithm, keyId, as.tenant, as.jobId, as.field, ...fence, ...name];
}

/** Each part behind its length, so that no two lists of parts are the same bytes. */
function lengthPrefixed(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function messageKey(key: Uint8Array, iv: Uint8Array, bound: readonly string[]): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, iv, lengthPrefixed(bound), keyBytes));
}

/** A sealed value as the bytes of one object: length of the header, header as JSON, ciphertext. */
export function packSealed(sealed: Sealed): Uint8Array {
  const { data, iv, tag, ...rest } = sealed;
  const header = Buffer.from(JSON.stringify({ ...rest, iv: base64(iv), tag: base64(tag) }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header, data]);
}

/** The reverse of `packSealed`. Throws on bytes that are no packed value. */
export function unpackSealed(packed: Uint8Array): Sealed {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  const end = 4 + (bytes.length >= 4 ? bytes.readUInt32BE() : Number.POSITIVE_INFINITY);
  if (end > bytes.length) throw new Error(`${bytes.length} bytes are no packed sealed value`);
  const { iv, tag, ...rest } = JSON.parse(bytes.toString('utf8', 4, end));
  return {
    ...rest,
    iv: Buffer.from(iv, 'base64'),
    tag: Buffer.from(tag, 'base64'),
    data: bytes.subarray(end),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { open, packSealed, type SealedAs, seal, unpackSealed } from '../../core/envelope.ts';
import type { Sealed } from '../../core/table.ts';

/**
 * The vectors of docs/security.md. Their hex was made by another implementation (Python's cryptography and
 * hmac) from the description there, so that the description and the code cannot both be wrong alike.
 */
const key = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const iv = 'a0a1a2a3a4a5a6a7a8a9aaab';
const jobId = '01a3185c-5000-7abc-8def-012345678905';

const vectors: { name: string; as: SealedAs; plain: string; data: string; tag: string }[] = [
  {
    name: 'a payload',
    as: { tenant: 'acme', jobId, field: 'payload' },
    plain: '{"csv":"a,b"}',
    data: '7af7bb56910355696f900a73a1',
    tag: 'e74676d1971e52a2c9c33c3ae8e8e9e5',
  },
  {
    name: 'a result under fence 7',
    as: { tenant: 'acme', jobId, field: 'result', fence: 7 },
    plain: '{"rows":0}',
    data: '15d1899371d39ab3b873',
    tag: 'e3c05ba9b1ed45771931b5a14d5e3b54',
  },
  {
    name: 'an effect under its key',
    as: { tenant: 'acme', jobId, field: 'effect', name: 'charge' },
    plain: '{"value":"ch_1"}',
    data: 'deb9c142ca6500ab764ed25535126e76',
    tag: 'ae011b9ba0ae8c000875fee2d751339e',
  },
];

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');

describe.each(vectors)('$name', ({ as, plain, data, tag }) => {
  const stored: Sealed = {
    v: 1,
    data: bytes(data),
    iv: bytes(iv),
    tag: bytes(tag),
    key_id: 'v1',
    algorithm: 'A256GCM-HKDF',
    encoding: 'plain',
  };

  test('is sealed to these bytes', () => {
    const sealed = seal(Buffer.from(plain), as, { id: 'v1', bytes: bytes(key) }, bytes(iv));
    expect({ ...sealed, data: hex(sealed.data), iv: hex(sealed.iv), tag: hex(sealed.tag) }).toEqual({
      v: 1,
      data,
      iv,
      tag,
      key_id: 'v1',
      algorithm: 'A256GCM-HKDF',
      encoding: 'plain',
    });
  });

  test('is opened from them', () => {
    expect(Buffer.from(open(stored, as, bytes(key))).toString()).toBe(plain);
  });

  test('stands in docs/security.md', () => {
    const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
    for (const value of [key, iv, jobId, plain, data, tag]) expect(page).toContain(value);
  });
});

test('the object that holds the first, byte by byte', () => {
  const header =
    '{"v":1,"key_id":"v1","algorithm":"A256GCM-HKDF","encoding":"plain","iv":"oKGio6Slpqeoqaqr","tag":"50Z20ZceUqLJwzw66Ojp5Q=="}';
  const sealed: Sealed = {
    v: 1,
    data: bytes('7af7bb56910355696f900a73a1'),
    iv: bytes(iv),
    tag: bytes('e74676d1971e52a2c9c33c3ae8e8e9e5'),
    key_id: 'v1',
    algorithm: 'A256GCM-HKDF',
    encoding: 'plain',
  };
  const packed = packSealed(sealed);
  expect(hex(packed.slice(0, 4))).toBe('0000007c');
  expect(Buffer.from(packed.slice(4, 128)).toString()).toBe(header);
  expect(hex(packed.slice(128))).toBe('7af7bb56910355696f900a73a1');
  expect(hex(unpackSealed(packed).data)).toBe('7af7bb56910355696f900a73a1');
});

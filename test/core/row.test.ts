import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refuseUnknown } from '../../core/envelope.ts';
import { attributeOf, recordOf, rowOf } from '../../core/row.ts';
import type { Sealed } from '../../core/table.ts';
import { aJob } from './a-job.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

const sealed: Sealed = {
  v: 1,
  data: bytes('7af7bb56910355696f900a73a1'),
  iv: bytes('a0a1a2a3a4a5a6a7a8a9aaab'),
  tag: bytes('e74676d1971e52a2c9c33c3ae8e8e9e5'),
  key_id: 'v12',
  algorithm: 'A256GCM-HKDF',
  encoding: 'zstd',
};
/** Version, algorithm, encoding, the id's length and the id; iv; tag; ciphertext. */
const packed = `01010103763132${'a0a1a2a3a4a5a6a7a8a9aaab'}${'e74676d1971e52a2c9c33c3ae8e8e9e5'}${'7af7bb56910355696f900a73a1'}`;

describe('a sealed value in a row', () => {
  it('is these bytes', () => {
    expect(hex(rowOf(aJob('pending', { payload: sealed })).payload as Uint8Array)).toBe(packed);
    expect(hex(attributeOf(sealed) as Uint8Array)).toBe(packed);
  });

  it('is read from them', () => {
    expect(recordOf({ payload: bytes(packed), result: bytes(packed) })).toEqual({
      payload: sealed,
      result: sealed,
    });
  });

  it('keeps every part, whatever its size', () => {
    const part = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const any = fc.record({
      v: fc.constant(1 as const),
      data: fc.uint8Array({ maxLength: 1_200 }),
      iv: part(12),
      tag: part(16),
      key_id: fc.string({ maxLength: 60 }),
      algorithm: fc.constant('A256GCM-HKDF' as const),
      encoding: fc.constantFrom('plain' as const, 'zstd' as const),
    });
    fc.assert(
      fc.property(any, (value) => {
        const record = aJob('completed', { payload: value, result: value });
        expect(recordOf(rowOf(record))).toEqual(record);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['another version', packed.replace(/^01/, '02')],
    ['an unknown algorithm', packed.replace(/^0101/, '0102')],
    ['an unknown encoding', packed.replace(/^010101/, '010102')],
    ['less than its head', packed.slice(0, 2 * (7 + 12 + 15))],
  ])('of another release’s format (%s) is kept whole, goes back as it came, and is not opened', (_, text) => {
    const { payload } = recordOf({ payload: bytes(text), fence: 3 });
    expect(payload).toMatchObject({ data: bytes(text) });
    expect(hex(attributeOf(payload) as Uint8Array)).toBe(text);
    expect(() => refuseUnknown(payload as Sealed)).toThrow('and algorithm unknown; this release opens 1');
  });

  it('that does not fit the format is not packed', () => {
    expect(() => attributeOf({ ...sealed, tag: new Uint8Array(15) })).toThrow('cannot be packed');
    expect(() => attributeOf({ ...sealed, key_id: 'v'.repeat(256) })).toThrow('cannot be packed');
    expect(() => attributeOf({ ...sealed, algorithm: 'none' as never })).toThrow('cannot be packed');
  });
});

it('what lies elsewhere, and every other attribute, is in the row as it is', () => {
  const elsewhere = { v: 1, at: 's3', where: 'sealed/acme/x', bytes: 7, hash: new Uint8Array(32) } as const;
  const record = aJob('failed', { payload: elsewhere, tags: ['a'] });
  expect(rowOf(record)).toEqual(record);
  expect(recordOf(rowOf(record))).toEqual(record);
  expect(rowOf(record)).not.toHaveProperty('result');
  for (const value of ['a', 7, ['a'], { code: 'network' }, undefined, null])
    expect(attributeOf(value)).toBe(value);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idFloor, idRandomBytes, isJobId, mintedAtOf, mintJobId, shardOf } from '../../core/id.ts';

const times = fc.integer({ min: 0, max: 0xffff_ffff_ffff });
const randoms = fc.uint8Array({ minLength: 9, maxLength: 9 });
const shards = fc.integer({ min: 0, max: 255 });

describe('an id', () => {
  test('is a UUIDv7: time, version 7, variant 10, random bits, shard', () => {
    expect(mintJobId(1_800_000_000_000, new Uint8Array(9), 5)).toBe('01a3185c-5000-7000-8000-000000000005');
    expect(mintJobId(1_800_000_000_000, new Uint8Array(9).fill(0xff), 255)).toBe(
      '01a3185c-5000-7fff-bfff-ffffffffffff',
    );
    const random = Uint8Array.of(0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11);
    expect(mintJobId(1, random, 0)).toBe('00000000-0001-7234-9678-9abcdef01100');
  });

  test('is minted from 9 random bytes; more are not looked at', () => {
    expect(idRandomBytes).toBe(9);
    expect(mintJobId(1, new Uint8Array(32), 0)).toBe('00000000-0001-7000-8000-000000000000');
  });

  test('gives shard and time back', () => {
    fc.assert(
      fc.property(times, randoms, shards, (ms, random, shard) => {
        const id = mintJobId(ms, random, shard);
        expect(isJobId(id)).toBe(true);
        expect(shardOf(id)).toBe(shard);
        expect(mintedAtOf(id)).toBe(ms);
      }),
    );
  });

  test('sorts as text by the time it was minted', () => {
    fc.assert(
      fc.property(times, times, randoms, randoms, shards, shards, (a, b, r1, r2, s1, s2) => {
        fc.pre(a < b);
        expect(mintJobId(a, r1, s1) < mintJobId(b, r2, s2)).toBe(true);
      }),
    );
  });

  test.each([
    [8, 0, 'an id takes 9 random bytes, got 8'],
    [9, 256, 'shard 256 is not a byte'],
    [9, -1, 'shard -1 is not a byte'],
    [9, 1.5, 'shard 1.5 is not a byte'],
  ])('is refused from %d bytes for shard %d', (bytes, shard, message) => {
    expect(() => mintJobId(1, new Uint8Array(bytes), shard)).toThrow(new RangeError(message));
  });

  test('is refused for a time beyond its 48 bits', () => {
    expect(() => mintJobId(2 ** 48, new Uint8Array(9), 0)).toThrow(RangeError);
    expect(() => mintJobId(-1, new Uint8Array(9), 0)).toThrow(RangeError);
  });
});

describe('is no id', () => {
  test.each([
    ['nothing', ''],
    ['a UUIDv4', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
    ['capitals', '01A3185C-5000-7ABC-8DEF-012345678905'],
    ['a wrong variant', '01a3185c-5000-7abc-cdef-012345678905'],
    ['no hyphens', '01a3185c50007abc8def012345678905'],
    ['a line behind it', '01a3185c-5000-7abc-8def-012345678905\n'],
    ['a line before it', '\n01a3185c-5000-7abc-8def-012345678905'],
    ['a space behind it', '01a3185c-5000-7abc-8def-012345678905 '],
    ['a NUL behind it', '01a3185c-5000-7abc-8def-012345678905\0'],
    ['braces', '{01a3185c-5000-7abc-8def-012345678905}'],
    ['one digit less', '01a3185c-5000-7abc-8def-01234567890'],
    ['one digit more', '01a3185c-5000-7abc-8def-0123456789050'],
    ['a digit of another script', '01a3185c-5000-7abc-8def-01234567890٥'],
    ['a path', '../../01a3185c-5000-7abc-8def-012345678905'],
    ['a key separator', '01a3185c-5000-7abc-8def-0123456789#5'],
  ])('%s', (_, text) => {
    expect(isJobId(text)).toBe(false);
  });

  test('any text but 36 hex digits and hyphens', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !isJobId(text)));
  });
});

describe('the floor of a time', () => {
  test('as a literal', () => {
    expect(idFloor(1_800_000_000_000)).toBe('01a3185c-5000');
  });

  test('sorts after every earlier id and before every id of its time or later', () => {
    fc.assert(
      fc.property(times, times, randoms, shards, (at, minted, random, shard) => {
        expect(idFloor(at) <= mintJobId(minted, random, shard)).toBe(at <= minted);
      }),
    );
  });

  test('of a time before 1970 is the first, of one beyond 48 bits the last', () => {
    expect(idFloor(-62_167_219_200_000)).toBe('00000000-0000');
    expect(idFloor(8_640_000_000_000_000)).toBe('ffffffff-ffff');
  });
});

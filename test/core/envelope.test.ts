import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ivBytes, open, packSealed, type SealedAs, seal, unpackSealed } from '../../core/envelope.ts';
import type { Sealed } from '../../core/table.ts';
import { jobId } from './a-job.ts';

const key = { id: 'v1', bytes: Uint8Array.from({ length: 32 }, (_, index) => index) };
const iv = Uint8Array.from({ length: 12 }, (_, index) => 0xa0 + index);
const as: SealedAs = { tenant: 'acme', jobId, field: 'result', fence: 7 };
const plain = Buffer.from('{"rows":0}');
const sealed = seal(plain, as, key, iv);

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const opens = (value: Sealed, named: SealedAs = as, bytes: Uint8Array = key.bytes) => {
  try {
    return hex(open(value, named, bytes));
  } catch {
    return 'refused';
  }
};

describe('round trips', () => {
  const bytes = fc.uint8Array({ maxLength: 4096 });
  const name = fc.string({ maxLength: 40 });
  const named = fc.oneof(
    fc.record(
      {
        tenant: name,
        jobId: name,
        field: fc.constantFrom('payload', 'result', 'error'),
        fence: fc.nat(),
      },
      { requiredKeys: ['tenant', 'jobId', 'field'] },
    ),
    fc.record({ tenant: name, jobId: name, field: fc.constant('effect'), name }),
  ) as fc.Arbitrary<SealedAs>;
  const keyed = fc.record({ id: name, bytes: fc.uint8Array({ minLength: 32, maxLength: 32 }) });
  const ivs = fc.uint8Array({ minLength: 12, maxLength: 12 });

  test('whatever is sealed opens to the same bytes', () => {
    fc.assert(
      fc.property(bytes, named, keyed, ivs, (value, to, under, nonce) => {
        expect(hex(open(seal(value, to, under, nonce), to, under.bytes))).toBe(hex(value));
      }),
    );
  });

  test('long and repetitive values as well, compressed', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 4000 }),
        (text, times) => {
          const value = Buffer.from(text.repeat(times));
          expect(hex(open(seal(value, as, key, iv), as, key.bytes))).toBe(hex(value));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('another tenant, job, field, fence or key never opens it', () => {
    fc.assert(
      fc.property(bytes, named, named, keyed, (value, to, other, under) => {
        fc.pre(JSON.stringify(to) !== JSON.stringify(other));
        expect(opens(seal(value, to, under, iv), other, under.bytes)).toBe('refused');
      }),
    );
  });
});

describe('refuses to open', () => {
  test('itself is opened', () => {
    expect(opens(sealed)).toBe('7b22726f7773223a307d');
  });

  const flips = (['data', 'iv', 'tag'] as const).flatMap((part) =>
    Array.from({ length: sealed[part].length * 8 }, (_, bit): [string, number] => [part, bit]),
  );

  test('any single bit of data, iv and tag is guarded: 38 bytes', () => {
    expect(flips).toHaveLength(304);
    const opened = flips.filter(([part, bit]) => {
      const bytes = Uint8Array.from(sealed[part as 'data']);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      return opens({ ...sealed, [part]: bytes }) !== 'refused';
    });
    expect(opened).toEqual([]);
  });

  const changes: [string, Partial<Sealed>][] = [
    ['another key id', { key_id: 'v2' }],
    ['encoding zstd for plain', { encoding: 'zstd' }],
    ['an encoding that is none', { encoding: '' as 'plain' }],
    ['another algorithm', { algorithm: 'A128GCM' as 'A256GCM-HKDF' }],
    ['another version', { v: 2 as 1 }],
    ['a tag cut to 4 bytes', { tag: sealed.tag.slice(0, 4) }],
    ['no tag', { tag: new Uint8Array(0) }],
    ['data cut short', { data: sealed.data.slice(0, -1) }],
    ['data made longer', { data: Buffer.concat([sealed.data, Buffer.alloc(1)]) }],
  ];
  test.each(changes)('%s', (_, change) => {
    expect(opens({ ...sealed, ...change })).toBe('refused');
  });

  const others: [string, Partial<SealedAs>][] = [
    ['another tenant', { tenant: 'acmf' }],
    ['another job', { jobId: jobId.replace(/5$/, '6') }],
    ['another field', { field: 'error' }],
    ['another fence', { fence: 8 }],
    ['no fence', { fence: undefined }],
    ['letters moved from tenant to job', { tenant: 'acm', jobId: `e${jobId}` }],
  ];
  test.each(others)('as %s', (_, change) => {
    expect(opens(sealed, { ...as, ...change })).toBe('refused');
  });

  test('under the wrong tenant’s key, a bit off or all of it', () => {
    const near = Uint8Array.from(key.bytes);
    near[31] = 30;
    expect(opens(sealed, as, near)).toBe('refused');
    expect(opens(sealed, as, randomBytes(32))).toBe('refused');
  });

  test('says which format it cannot open', () => {
    expect(() => open({ ...sealed, v: 2 as 1 }, as, key.bytes)).toThrow(
      'sealed value has format 2 and algorithm A256GCM-HKDF; this release opens 1 and A256GCM-HKDF',
    );
  });
});

describe('compression', () => {
  const zeros = (length: number) => Buffer.alloc(length, '0');
  test.each([
    ['1,023 bytes, however repetitive', zeros(1023), 'plain', 1023],
    ['random bytes', randomBytes(4096), 'plain', 4096],
    ['random bytes, above 64 KB', randomBytes(100_000), 'plain', 100_000],
  ])('%s: plain', (_, value, encoding, length) => {
    const made = seal(value, as, key, iv);
    expect([made.encoding, made.data.length]).toEqual([encoding, length]);
  });

  test.each([
    ['1,024 bytes that repeat', zeros(1024)],
    ['64 KB that repeat', zeros(65_536)],
    ['1 MB that repeats', zeros(1_000_000)],
  ])('%s: zstd, because it pays', (_, value) => {
    const made = seal(value, as, key, iv);
    expect(made.encoding).toBe('zstd');
    expect(made.data.length).toBeLessThan(100);
    expect(hex(open(made, as, key.bytes))).toBe(hex(value));
  });

  test('a gain below a tenth does not pay', () => {
    const value = Buffer.concat([randomBytes(3800), zeros(200)]);
    expect(seal(value, as, key, iv).encoding).toBe('plain');
    const more = Buffer.concat([randomBytes(3000), zeros(1000)]);
    expect(seal(more, as, key, iv).encoding).toBe('zstd');
  });

  test('8 MB open, a byte more is a bomb', () => {
    const most = 8 * 1024 * 1024;
    const bomb = seal(zeros(most + 1), as, key, iv);
    expect(bomb.data.length).toBeLessThan(2000);
    expect(() => open(bomb, as, key.bytes)).toThrow(
      expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }),
    );
    expect(open(seal(zeros(most), as, key, iv), as, key.bytes)).toHaveLength(8_388_608);
  });
});

describe('packed for an object', () => {
  test('round trip', () => {
    const unpacked = unpackSealed(packSealed(sealed));
    expect(Object.keys(unpacked).sort()).toEqual(Object.keys(sealed).sort());
    expect(opens(unpacked)).toBe('7b22726f7773223a307d');
  });

  test('is read out of the middle of a larger buffer', () => {
    const packed = packSealed(sealed);
    const padded = new Uint8Array(packed.length + 20).fill(7);
    padded.set(packed, 10);
    expect(opens(unpackSealed(padded.subarray(10, 10 + packed.length)))).toBe('7b22726f7773223a307d');
  });

  test('with any byte changed it opens to nothing else, and fails by an error and no other way', () => {
    const packed = packSealed(sealed);
    const opened = (bytes: Uint8Array): string => {
      try {
        return hex(open(unpackSealed(bytes), as, key.bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        return 'refused';
      }
    };
    const places = Array.from(packed, (_, index) => index);
    const outcomes = places.flatMap((at) =>
      [1, 2, 4, 8, 16, 32, 64, 128, 255].map((flip) =>
        opened(packed.map((byte, index) => (index === at ? byte ^ flip : byte))),
      ),
    );
    // The four bits of padding behind the tag's base64 are free: they are no bits of the tag.
    expect(new Set(outcomes)).toEqual(new Set(['refused', '7b22726f7773223a307d']));
    expect(outcomes.filter((each) => each !== 'refused').length).toBeLessThan(20);
  });

  test('any bytes are unpacked or refused by an error', () => {
    const header = fc.json().map((text) => {
      const bytes = Buffer.from(text);
      return Buffer.concat([Uint8Array.of(0, 0, bytes.length >> 8, bytes.length & 255), bytes]);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), header), (bytes) => {
        try {
          open(unpackSealed(bytes), as, key.bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          return;
        }
        expect.unreachable('it opened');
      }),
    );
  });

  test.each([
    ['nothing', new Uint8Array(0), '0 bytes are no packed sealed value'],
    ['three bytes', new Uint8Array(3), '3 bytes are no packed sealed value'],
    ['a header longer than the bytes', Uint8Array.of(0, 0, 1, 0, 1), '5 bytes are no packed sealed value'],
    ['a header that is no JSON', Uint8Array.of(0, 0, 0, 1, 65), /JSON/],
    ['a header without an iv', Buffer.concat([Uint8Array.of(0, 0, 0, 2), Buffer.from('{}')]), /./],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => unpackSealed(bytes)).toThrow(message);
  });
});

test('an iv has the 12 bytes of GCM, and another iv gives another ciphertext and tag', () => {
  expect(ivBytes).toBe(12);
  const other = seal(plain, as, key, iv.toReversed());
  expect(hex(other.data)).not.toBe(hex(sealed.data));
  expect(hex(other.tag)).not.toBe(hex(sealed.tag));
});

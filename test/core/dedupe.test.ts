import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bodyHash,
  type DedupeItem,
  dedupedId,
  isIdempotencyKey,
  judgePosition,
  keyOfDedupe,
  mintedAgain,
  newDedupe,
} from '../../core/dedupe.ts';
import { isJobId, mintedAtOf, shardOf } from '../../core/id.ts';
import { aJob, now } from './a-job.ts';

const secret = new Uint8Array(32).fill(1);
const key = keyOfDedupe('acme', 'enqueueJob', 'order-1', secret);
const item: DedupeItem = newDedupe(key, { type: 'echo' }, secret, now);
const id = (of: DedupeItem, position: number) => dedupedId(of, 'acme', position, secret);

describe('a key', () => {
  test.each(['a', ' ', '~', 'order-1', '"\\/', 'x'.repeat(255)])('may be %j', (text) => {
    expect(isIdempotencyKey(text)).toBe(true);
  });
  test.each(['', 'x'.repeat(256), 'ä', 'a\n', '\t', '\u007f', '\u0000', '😀'])('may not be %j', (text) => {
    expect(isIdempotencyKey(text)).toBe(false);
  });

  test('lies where its tenant, its route and the tenant’s secret put it, and is not readable there', () => {
    const places = [
      key,
      keyOfDedupe('acme', 'enqueueBatch', 'order-1', secret),
      keyOfDedupe('acme', 'enqueueJob', 'order-2', secret),
      keyOfDedupe('acme', 'enqueueJob', 'order-1', new Uint8Array(32).fill(2)),
      keyOfDedupe('globex', 'enqueueJob', 'order-1', secret),
    ].map(({ pk }) => pk);
    expect(new Set(places).size).toBe(5);
    expect(key).toEqual({ pk: expect.stringMatching(/^k#acme#[\w-]{43}$/), sk: 'key' });
    expect(places.join()).not.toContain('order');
  });

  test('a key of two parts is not the key of one: parts do not run together', () => {
    expect(keyOfDedupe('t', 'a', 'b","c', secret).pk).not.toBe(keyOfDedupe('t', 'a","b', 'c', secret).pk);
  });

  test('lives 25 hours: an hour longer than promised', () => {
    expect(item).toMatchObject({
      v: 1,
      at: 1_800_000_000_000,
      again: {},
      revision: 0,
      expiresAt: 1_800_090_000,
    });
    expect(newDedupe(key, {}, secret, 1_800_000_000_001).expiresAt).toBe(1_800_090_001);
  });
});

describe('the body’s hash', () => {
  const hash = (body: unknown) => bodyHash(body, secret);

  test('is the same in whatever order members stand, at every depth', () => {
    const a = { type: 'echo', payload: { x: 1, y: [{ p: 1, q: 2 }] } };
    const b = { payload: { y: [{ q: 2, p: 1 }], x: 1 }, type: 'echo' };
    expect(hash(a)).toBe(hash(b));
  });

  test.each<[string, unknown, unknown]>([
    ['a value', { a: 1 }, { a: 2 }],
    ['a type', { a: 1 }, { a: '1' }],
    ['the order of a list', [1, 2], [2, 1]],
    ['a member more', { a: 1 }, { a: 1, b: null }],
    ['null and nothing', { a: null }, {}],
    ['an empty list and an empty object', { a: [] }, { a: {} }],
    ['a member called __proto__', JSON.parse('{"__proto__":{"a":1}}'), {}],
    ['members moved into one another', { a: { b: 1 } }, { a: {}, b: 1 }],
  ])('tells %s apart', (_, a, b) => {
    expect(hash(a)).not.toBe(hash(b));
  });

  test('is keyed: it gives a payload away to nobody who has not the secret', () => {
    expect(hash({ a: 1 })).not.toBe(bodyHash({ a: 1 }, new Uint8Array(32)));
  });

  test('whatever JSON: equal for a copy with its members turned round', () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, each]) => [name, turned(each)]),
      );
    };
    fc.assert(fc.property(fc.jsonValue(), (value) => hash(value) === hash(turned(value))));
  });
});

/** Made by another implementation: a key that is repeated after a deploy must find what it wrote before. */
describe('are the same in every release', () => {
  test('where a key lies, and its body’s hash', () => {
    expect(item.pk).toBe('k#acme#IUnVzNY24WMSuLjd0GVmE8foN3NSHviHI7cKdn334lc');
    expect(item.body).toBe('AwQIQOZ1qYAXYOZ4ckpjy2XJ_yf_KsxTlb3ahZJvVWw');
  });

  test('its ids', () => {
    expect(id(item, 0)).toBe('01a3185c-5000-7fd2-b447-bae8ebe68705');
    expect(id(mintedAgain(item, [2], 1_800_000_100_000), 2)).toBe('01a3185d-d6a0-7651-8824-cc7b0005f304');
  });
});

describe('ids', () => {
  test('are pure: the same item, position and generation give the same id', () => {
    expect(id(item, 0)).toBe(id(structuredClone(item), 0));
  });

  test('differ by position, generation, key and tenant’s secret', () => {
    const ids = [
      id(item, 0),
      id(item, 1),
      id(mintedAgain(item, [0], now), 0),
      id({ ...item, pk: 'k#acme#other' }, 0),
      dedupedId(item, 'acme', 0, new Uint8Array(32).fill(2)),
    ];
    expect(new Set(ids).size).toBe(5);
  });

  test('are job ids of the time the key was held, in a shard of the tenant’s', () => {
    const ids = Array.from({ length: 200 }, (_, position) => id(item, position));
    expect(ids.every(isJobId)).toBe(true);
    expect(new Set(ids.map(mintedAtOf))).toEqual(new Set([1_800_000_000_000]));
    expect([...new Set(ids.map(shardOf))].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const defaults = Array.from({ length: 400 }, (_, position) =>
      dedupedId(item, 'default', position, secret),
    );
    expect(Math.max(...defaults.map(shardOf))).toBe(15);
  });
});

describe('minted again', () => {
  test('only the positions named, one generation on, at a new time', () => {
    const next = mintedAgain(item, [2], 1_800_000_100_000);
    expect(next.again).toEqual({ 2: { generation: 1, at: 1_800_000_100_000 } });
    expect(next.revision).toBe(1);
    expect(id(next, 1)).toBe(id(item, 1));
    expect(mintedAtOf(id(next, 2))).toBe(1_800_000_100_000);
    expect(item.again).toEqual({});
  });

  test('and again', () => {
    const twice = mintedAgain(mintedAgain(item, [2], 5), [2, 3], 9);
    expect(twice.again).toEqual({ 2: { generation: 2, at: 9 }, 3: { generation: 1, at: 9 } });
    expect(twice.revision).toBe(2);
  });
});

describe('what a repeated key’s position holds', () => {
  const judge = (record: ReturnType<typeof aJob> | undefined, at: number, of = item) =>
    judgePosition(of, 0, record, at);

  test.each(['pending', 'running', 'completed', 'failed', 'cancelled', 'skipped'] as const)(
    'a record that is %s stands, however old',
    (status) => {
      expect(judge(aJob(status), 1_800_080_000_000)).toBe('stands');
    },
  );
  test('a tombstone -> a new id', () => {
    expect(judge(aJob('void'), now)).toBe('mint_again');
  });
  test('no record, minted within 60 s -> busy', () => {
    expect(judge(undefined, 1_800_000_000_000)).toBe('busy');
    expect(judge(undefined, 1_800_000_059_999)).toBe('busy');
  });
  test('no record after 60 s -> tombstone first', () => {
    expect(judge(undefined, 1_800_000_060_000)).toBe('tombstone_first');
  });
  test('the 60 s of a later generation count from its own minting', () => {
    const next = mintedAgain(item, [0], 1_800_000_100_000);
    expect(judge(undefined, 1_800_000_159_999, next)).toBe('busy');
    expect(judge(undefined, 1_800_000_160_000, next)).toBe('tombstone_first');
  });
});

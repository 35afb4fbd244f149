import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  controlTable,
  dedupeKey,
  duePartition,
  duePartitionName,
  duePartitions,
  failedPartition,
  itemSize,
  jobKey,
  jobsTable,
  keysTable,
  listShards,
  mintShards,
  never,
  sealedKey,
  shardKey,
  tenantOf,
} from '../../core/table.ts';
import { rfc3339 } from '../../core/view.ts';
import { jobId, key } from './a-job.ts';

describe('names', () => {
  test('of tables and the index', () => {
    expect(jobsTable).toEqual({
      partitionKey: 'pk',
      sortKey: 'sk',
      timeToLive: 'expiresAt',
      attentionIndex: {
        name: 'attention',
        partitionKey: 'attention',
        sortKey: 'attentionAt',
        projects: ['type', 'gate', 'queue', 'tags', 'fingerprint'],
      },
    });
    expect([keysTable, controlTable]).toEqual([
      { partitionKey: 'pk', sortKey: 'sk' },
      { partitionKey: 'pk', sortKey: 'sk', timeToLive: 'expiresAt', tenants: 'tenants', walk: 'walk' },
    ]);
  });

  test('`never` is the last time a Date can hold', () => {
    expect(rfc3339(never)).toBe('+275760-09-13T00:00:00.000Z');
    expect(() => rfc3339(8_640_000_000_000_001)).toThrow(RangeError);
  });
});

describe('keys', () => {
  test('of a record, from tenant and id alone', () => {
    expect(jobKey('acme', jobId)).toEqual({ pk: 'acme#5', sk: jobId });
    expect(jobKey('default', '01a3185c-5000-7abc-8def-0123456789ff').pk).toBe('default#255');
    expect(shardKey('acme', 0)).toBe('acme#0');
    expect(tenantOf(key)).toBe('acme');
  });

  test('of sealed values and idempotency keys: partitions of their own', () => {
    expect(sealedKey(jobId, 'payload#x')).toEqual({ pk: `p#${jobId}`, sk: 'payload#x' });
    expect(dedupeKey('acme', 'h4sh')).toEqual({ pk: 'k#acme#h4sh', sk: 'key' });
  });

  test('of the attention index: 64 for the clock, one per tenant and shard for a person', () => {
    expect(duePartitions).toBe(64);
    expect(duePartitionName(3)).toBe('due#03');
    expect(duePartitionName(63)).toBe('due#63');
    expect(duePartition(jobId)).toBe('due#09');
    expect(duePartition('01a3185c-5000-7abc-8def-01234567ff05')).toBe('due#63');
    expect(failedPartition(key)).toBe('acme#failed#5');
  });

  test('16 shards for `default`, 8 for every other tenant, none minted into that is not listed', () => {
    expect([mintShards('default'), mintShards('acme')]).toEqual([16, 8]);
    expect([listShards('default'), listShards('acme')]).toEqual([16, 8]);
  });
});

/** Sizes counted by hand after DynamoDB's page on capacity units: names and values in UTF-8 bytes. */
describe('the size of an item', () => {
  test.each<[string, object, number]>([
    ['nothing', {}, 0],
    ['a string: name 4, value 5', { name: 'seven' }, 9],
    ['an empty string', { a: '' }, 1],
    ['UTF-8: ü is 2 bytes, 世 3, 😀 4', { ü: '世😀' }, 9],
    ['one digit: name 1, digit 1, sign and exponent 1', { n: 7 }, 3],
    ['two digits: a byte a pair', { n: 42 }, 3],
    ['three digits', { n: 425 }, 4],
    ['a time in ms: 13 digits in 7 bytes and 1', { at: 1_700_000_000_123 }, 10],
    ['a negative number', { n: -42 }, 3],
    ['a fraction', { n: 12.5 }, 4],
    ['a boolean', { b: true }, 2],
    ['null', { b: null }, 2],
    ['binary', { b: new Uint8Array(10) }, 11],
    ['an empty list: 3', { l: [] }, 4],
    ['a list: 3, and 1 for each entry', { l: ['ab', 'c'] }, 9],
    ['an empty map: 3', { m: {} }, 4],
    ['a map: 3, and 1 for each pair beside name and value', { m: { ab: 'cde', f: 1 } }, 14],
    ['lists in maps in lists', { l: [{ m: ['x'] }] }, 15],
    ['what is undefined is not stored', { a: undefined, b: 'c' }, 2],
  ])('%s: %o', (_, item, bytes) => {
    expect(itemSize(item)).toBe(bytes);
  });

  test('never less than what DynamoDB keeps of a number: its digits without zeros at the end', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        const significant = String(Math.abs(n)).replace(/0+$/, '').length;
        const kept = Math.ceil(significant / 2);
        expect(itemSize({ n })).toBeGreaterThan(kept);
      }),
    );
  });
});

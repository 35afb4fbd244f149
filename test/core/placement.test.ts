import { describe, expect, test } from 'vitest';
import { claimChange } from '../../core/claim.ts';
import { maxRecordBytes, placePayload, placeResult } from '../../core/placement.ts';
import { rowOf } from '../../core/row.ts';
import { settle } from '../../core/settle.ts';
import { itemSize, type JobRecord, type Sealed } from '../../core/table.ts';
import { aJob, key, now, sealed } from './a-job.ts';
import { apply } from './apply.ts';

const sizeOf = (record: JobRecord) => itemSize(rowOf(record));
const value = (bytes: number): Sealed => ({ ...sealed, data: new Uint8Array(bytes) });
const withPayload = (bytes: number) => aJob('pending', { payload: value(bytes) });
const place = (bytes: number) => placePayload(withPayload(bytes), value(bytes));

/** The record with a payload of that size, claimed and completed as a worker would. */
function completed(payloadBytes: number, resultBytes: number): JobRecord {
  const message = {
    messageId: '6b1f2f3a-0d5c-4f6e-9c61-5d9d0e1a7b11',
    sentAt: now,
    receiveCount: 1,
    quarantine: false,
  };
  const holder = { owner: 'QmFzZTY0VXJs', leaseMs: 65_000, codeVersion: '5c1d0a7e9b3f' };
  const claimed = apply(withPayload(payloadBytes), claimChange(key, message, holder, 10, now));
  const settled = settle(claimed!, { kind: 'returned', result: value(resultBytes) }, 1_800_000_012_345, 0);
  return apply(claimed!, settled.change)!;
}

test('a record has 250 bytes without what is sealed in it, and at most 1,000 with it', () => {
  expect(sizeOf(withPayload(0))).toBe(250);
  expect(maxRecordBytes).toBe(1000);
});

describe('a payload', () => {
  test('of 464 bytes rides in that record, of 465 no more', () => {
    expect(place(464)).toBe('record');
    expect(place(465)).toBe('item');
  });

  test('that rides leaves room to claim and complete, a result of 90 bytes with it', () => {
    expect(sizeOf(completed(464, 90))).toBeLessThanOrEqual(1000);
  });

  test('tags and a long caller take of that room', () => {
    const more = { tags: ['a'.repeat(32), 'b'.repeat(32)], createdBy: 'c'.repeat(128) };
    expect(placePayload({ ...withPayload(464), ...more }, value(464))).toBe('item');
    expect(placePayload({ ...withPayload(200), ...more }, value(200))).toBe('record');
  });

  test('of 8,192 sealed bytes is an item of its own, of 8,193 an object', () => {
    expect(place(8192)).toBe('item');
    expect(place(8193)).toBe('s3');
    expect(place(1_100_000)).toBe('s3');
  });
});

describe('a result', () => {
  const record = completed(300, 0);
  const at = (bytes: number) => placeResult({ ...record, result: value(bytes) }, value(bytes));

  test('rides while the final record has at most 1,000 bytes', () => {
    expect(sizeOf({ ...record, result: value(267) })).toBe(1000);
    expect(at(267)).toBe('record');
    expect(at(268)).toBe('item');
  });

  test('of 8,192 sealed bytes is an item of its own, of 8,193 an object', () => {
    expect(at(8192)).toBe('item');
    expect(at(8193)).toBe('s3');
  });
});

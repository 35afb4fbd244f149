import { describe, expect, test } from 'vitest';
import { leftBy } from '../../core/change.ts';
import { takeOverChange } from '../../core/claim.ts';
import { reopenChange } from '../../core/manage.ts';
import { judgePatch } from '../../core/patch.ts';
import { settle } from '../../core/settle.ts';
import { aJob, now, sealed } from './a-job.ts';
import { apply } from './apply.ts';

const message = { messageId: 'm-2', sentAt: now, receiveCount: 1, quarantine: true };
const lost = aJob('running', { availableAt: now });
const holder = { owner: 'me', leaseMs: 65_000, codeVersion: 'c1' };
const takeOver = takeOverChange(lost, message, holder, { cause: 'timeout', requestId: 'r' }, now);
const taken = apply(lost, takeOver)!;

describe('the record that a change has left', () => {
  test('applied: the record', () => {
    expect(leftBy(takeOver, { applied: true, record: taken })).toBe(taken);
  });

  test('refused by what it had written itself, its first answer lost: the record found', () => {
    expect(leftBy(takeOver, { applied: false, found: taken })).toBe(taken);
  });

  test('refused because someone else was first: none', () => {
    expect(leftBy(takeOver, { applied: false, found: { ...taken, owner: 'you' } })).toBeUndefined();
    expect(leftBy(takeOver, { applied: false, found: lost })).toBeUndefined();
  });

  test('refused, and no record there: none', () => {
    expect(leftBy(takeOver, { applied: false, found: undefined })).toBeUndefined();
  });

  test('throttled: none, for nothing is known', () => {
    expect(leftBy(takeOver, { applied: false, retry: true })).toBeUndefined();
  });

  test('a second retry of a person finds its own, and not that of another moment', () => {
    const failed = aJob('failed');
    const change = reopenChange(failed, undefined, now);
    const found = apply(failed, change)!;
    expect(leftBy(change, { applied: false, found })).toBe(found);
    expect(
      leftBy(reopenChange(failed, undefined, 1_800_000_000_001), { applied: false, found }),
    ).toBeUndefined();
  });

  test.each([[[]], [['red']]])('other tags that came too late, %j: none', (tags) => {
    const waits = aJob('pending', { tags: ['red', 'blue'] });
    const patched = judgePatch(waits, { tags }, now);
    if ('problem' in patched) throw new Error(patched.problem.error);
    const found = aJob('running', { tags: ['red', 'blue'] });
    expect(leftBy(patched.change, { applied: false, found })).toBeUndefined();
    const stands = apply(waits, patched.change)!;
    expect(leftBy(patched.change, { applied: false, found: stands })).toBe(stands);
  });

  test('sealed bytes and causes are compared to their last byte', () => {
    const held = aJob('running');
    const { change } = settle(held, { kind: 'returned', result: sealed }, now, 0.5);
    const found = apply(held, change)!;
    const same = { ...sealed, data: Uint8Array.from(sealed.data) };
    expect(leftBy(change, { applied: false, found: { ...found, result: same } })).toBeDefined();
    const other = { ...sealed, data: Uint8Array.from(sealed.data).fill(9, 39) };
    expect(leftBy(change, { applied: false, found: { ...found, result: other } })).toBeUndefined();
    expect(leftBy(change, { applied: false, found: { ...found, result: undefined } })).toBeUndefined();
  });
});

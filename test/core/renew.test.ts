import { describe, expect, test } from 'vitest';
import {
  judgeHeld,
  judgeRenewal,
  longVisibilitySeconds,
  progressChange,
  progressOf,
  renewChange,
  renewEveryMs,
  trustMarginMs,
} from '../../core/renew.ts';
import { aJob, key, now } from './a-job.ts';

const mine = aJob('running', { fence: 4 });

describe('what a holder reads in its record', () => {
  test.each([
    ['as it was claimed', { ...mine }, 'ours'],
    ['a cancel', { ...mine, cancelRequestedAt: now }, 'cancelled'],
    ['another fence', { ...mine, fence: 5 }, 'lost'],
    ['another fence, and a cancel', { ...mine, fence: 5, cancelRequestedAt: now }, 'lost'],
    ['failed by bury', aJob('failed', { fence: 4 }), 'lost'],
    ['put back by bury', aJob('pending', { fence: 4 }), 'lost'],
    ['nothing', undefined, 'lost'],
  ])('%s', (_, found, standing) => {
    expect(judgeHeld(mine, found)).toBe(standing);
  });
});

describe('progress', () => {
  test.each([
    [0, 0],
    [33.9, 33],
    [100, 100],
    [100.5, 100],
    [-1, 0],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 100],
  ])('%d is kept as %d', (percent, kept) => {
    expect(progressOf(percent, undefined, now)).toEqual({ percent: kept, at: now });
  });

  test.each([
    ['rows read', 'rows read'],
    ['\u001b[31mred\r\nnext', '[31mred next'],
    ['  \n ', undefined],
    ['', undefined],
    ['\ud83d', '\ufffd'],
    [`${'😀'.repeat(100)}!`, '😀'.repeat(100)],
    ['n'.repeat(10_000_000), 'n'.repeat(100)],
  ])('the note %j is kept as %j', (note, kept) => {
    expect(progressOf(1, note, now)).toEqual({
      percent: 1,
      at: now,
      ...(kept === undefined ? {} : { note: kept }),
    });
  });

  const no = (): never => {
    throw new Error('not to be had');
  };

  test.each<[string, unknown, unknown]>([
    ['a percent that is a text', '50', 'half'],
    ['a bigint', 5n, undefined],
    ['no percent', undefined, 'half'],
    ['a symbol', Symbol('x'), undefined],
    ['an object without a prototype', Object.create(null), undefined],
    ['a percent that throws', { valueOf: no }, undefined],
    ['a note that is a number', 1, 5],
    ['a note that throws', 1, { toWellFormed: no, toString: no }],
  ])('is none of %s', (_, percent, note) => {
    expect(progressOf(percent, note, now)).toBeUndefined();
  });

  test('is written by its holder alone', () => {
    expect(progressChange(mine, { percent: 5, at: now })).toEqual({
      key,
      set: { progress: { percent: 5, at: 1_800_000_000_000 } },
      where: [
        ['status', 'in', ['running']],
        ['fence', '=', 4],
      ],
    });
  });
});

describe('a renewal', () => {
  test('every 10 s; the message is hidden for 10 s longer than the lease; trust ends 5 s before it', () => {
    expect([renewEveryMs, longVisibilitySeconds, trustMarginMs]).toEqual([10_000, 40, 5_000]);
  });

  test('as a literal: it shortens no lease and revives none', () => {
    expect(renewChange(mine, now)).toEqual({
      key,
      set: { availableAt: 1_800_000_030_000 },
      where: [
        ['status', 'in', ['running']],
        ['fence', '=', 4],
        ['availableAt', '>', 1_800_000_000_000],
        ['availableAt', '<=', 1_800_000_030_000],
      ],
    });
  });

  const applied = (more = {}) => ({ applied: true as const, record: { ...mine, ...more } });
  const refused = (found?: typeof mine) => ({ applied: false as const, found });
  test.each([
    ['applied', applied(), { renewed: true }],
    [
      'applied, a cancel asked for',
      applied({ cancelRequestedAt: now }),
      { renewed: true, ending: 'cancelled' },
    ],
    ['throttled', { applied: false as const, retry: true as const }, { renewed: false }],
    ['without an answer', undefined, { renewed: false }],
    ['refused, no record', refused(), { renewed: false, ending: 'lost' }],
    ['refused, another fence', refused({ ...mine, fence: 5 }), { renewed: false, ending: 'lost' }],
    ['refused, settled', refused(aJob('completed', { fence: 4 })), { renewed: false, ending: 'lost' }],
    ['refused, over this ms', refused({ ...mine, availableAt: now }), { renewed: false, ending: 'lost' }],
    ['refused, alive for 1 ms', refused({ ...mine, availableAt: now + 1 }), { renewed: false }],
    [
      'refused, alive for longer than asked',
      refused({ ...mine, availableAt: now + 90_000 }),
      { renewed: false },
    ],
    [
      'refused, alive, a cancel asked for',
      refused({ ...mine, availableAt: now + 90_000, cancelRequestedAt: now }),
      { renewed: false, ending: 'cancelled' },
    ],
  ])('%s', (_, result, means) => {
    expect(judgeRenewal(mine, result, now)).toEqual(means);
  });
});

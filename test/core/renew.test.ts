import { describe, expect, test } from 'vitest';
import { judgeHeld, progressChange, progressOf } from '../../core/renew.ts';
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
  ])('the note %j is kept as %j', (note, kept) => {
    expect(progressOf(1, note, now).note).toBe(kept);
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

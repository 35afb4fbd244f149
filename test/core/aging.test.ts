import { describe, expect, test } from 'vitest';
import { laneOfWaiting, lanesToAsk, waitedMs } from '../../core/aging.ts';
import { aJob, now } from './a-job.ts';

const waiting = (priority: number, seconds: number) =>
  aJob('pending', { priority, availableAt: now - seconds * 1000 });
/** Ten messages in every lane. */
const ten = () => 10;
const [low, normal, high, critical] = [2, 4, 8, 9];

describe('the lane of a waiting job whose lanes are late', () => {
  test.each([
    ['low', low, 299, 'resent', 'low'],
    ['low', low, 300, 'aged', 'normal'],
    ['low', low, 599, 'aged', 'normal'],
    ['low', low, 600, 'aged', 'high'],
    ['low', low, 1_199, 'aged', 'high'],
    ['low', low, 1_200, 'aged', 'critical'],
    ['low', low, 1_000_000, 'aged', 'critical'],
    ['normal', normal, 299, 'resent', 'normal'],
    ['normal', normal, 300, 'aged', 'high'],
    ['normal', normal, 600, 'aged', 'critical'],
    ['high', high, 300, 'aged', 'critical'],
    ['high', high, 6_000, 'aged', 'critical'],
    ['critical', critical, 300, 'resent', 'critical'],
  ])('%s (priority %d), after %d s: %s to %s', (_, priority, seconds, why, lane) => {
    expect(laneOfWaiting(waiting(priority, seconds), now, ten)).toEqual({ why, lane });
  });
});

describe('what the lanes’ depth says', () => {
  const found = waiting(4, 400);

  test('nothing can be received from its own lane: its pointer is gone', () => {
    const depth = (_: string, lane: string) => (lane === 'normal' ? 0 : 900);
    expect(laneOfWaiting(found, now, depth)).toEqual({ why: 'foundLost', lane: 'normal' });
  });

  test.each([
    [499, { why: 'aged', lane: 'high' }],
    [500, undefined],
    [100_000, undefined],
  ])('%d messages in the lane above', (count, expected) => {
    expect(laneOfWaiting(found, now, (_, lane) => (lane === 'high' ? count : 10))).toEqual(expected);
  });

  test('a lane that could not be asked takes it', () => {
    expect(laneOfWaiting(found, now, () => undefined)).toEqual({ why: 'aged', lane: 'high' });
  });

  test('before it starves nothing is asked, and nothing said', () => {
    expect(lanesToAsk(waiting(4, 299), now)).toEqual([]);
    expect(laneOfWaiting(waiting(4, 299), now, () => 0)).toEqual({ why: 'resent', lane: 'normal' });
  });

  test('of a job in a long queue its own lane is asked before', () => {
    expect(lanesToAsk({ ...waiting(4, 60), attentionStep: 0 }, now)).toEqual([
      { queue: 'default', lane: 'normal' },
    ]);
  });

  test('its own lane is asked, and the one it would rise to', () => {
    expect(lanesToAsk(waiting(4, 300), now)).toEqual([
      { queue: 'default', lane: 'normal' },
      { queue: 'default', lane: 'high' },
    ]);
    expect(lanesToAsk(waiting(9, 300), now)).toEqual([{ queue: 'default', lane: 'critical' }]);
  });
});

describe('how long a job has waited', () => {
  test.each([
    ['pending', 1_799_999_940_000, 60_000],
    ['retrying', 1_800_000_060_000, 0],
    ['running', 1_799_999_940_000, 0],
    ['waiting_dependencies', 1_799_999_940_000, 0],
  ] as const)('%s, to be claimed from %d on: %d ms', (status, availableAt, ms) => {
    expect(waitedMs(aJob(status, { availableAt }), now)).toBe(ms);
  });
});

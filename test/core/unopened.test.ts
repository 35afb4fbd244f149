import { describe, expect, test } from 'vitest';
import { settle } from '../../core/settle.ts';
import { aJob, key, now } from './a-job.ts';

const held = aJob('running', { fence: 4 });

describe('a payload that could not be opened', () => {
  const unopened = {
    kind: 'unopened',
    failure: { kind: 'transient', code: 'unavailable', cause: 'transient_error' },
  } as const;

  test('waits with all its attempts', () => {
    const { to, change, sendAt } = settle(held, unopened, now, 0.5);
    expect([to, sendAt]).toEqual(['retrying', 1_800_000_030_000]);
    expect(change).toEqual({
      key,
      set: {
        status: 'retrying',
        availableAt: 1_800_000_030_000,
        lastError: { code: 'unavailable', cause: 'transient_error', attempt: 1, at: 1_800_000_000_000 },
        unopened: 1,
      },
      add: { attempt: -1, attemptsLeft: 1 },
      where: [
        ['status', 'in', ['running']],
        ['fence', '=', 4],
        ['cancelRequestedAt', 'missing'],
      ],
    });
  });

  test.each([
    [1, 0.5, 60_000],
    [4, 0.5, 480_000],
    [5, 0.5, 720_000],
    [19, 0.5, 720_000],
    [19, 0, 540_000],
    [19, 0.999_999_999, 900_000],
  ])('after %d times, chance %d, for %d ms, which a delayed pointer carries', (times, random, delayMs) => {
    const { change, sendAt } = settle({ ...held, unopened: times }, unopened, now, random);
    expect((change.set.availableAt ?? 0) - now).toBe(delayMs);
    expect(sendAt).toBe(change.set.availableAt);
    expect(change.add).toEqual({ attempt: -1, attemptsLeft: 1 });
  });

  test('after 24 times it costs an attempt, and in the end the job', () => {
    const often = { ...held, unopened: 24 };
    const { to, change } = settle(often, unopened, now, 0.5);
    expect([to, change.add, change.set.unopened]).toEqual(['retrying', undefined, undefined]);
    expect(settle({ ...often, attemptsLeft: 0 }, unopened, now, 0.5).to).toBe('failed');
  });

  test('a snooze tells that it could be opened: the count begins anew', () => {
    const { change } = settle({ ...held, unopened: 7 }, { kind: 'snoozed', delayMs: 1_000 }, now, 0.5);
    expect(change.remove).toContain('unopened');
  });
});

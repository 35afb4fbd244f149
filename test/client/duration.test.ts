import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ageOf, momentOf, secondsOf, spanOf } from '../../client/duration.ts';

test.each([
  ['90', 90],
  ['90s', 90],
  ['10m', 600],
  ['2h', 7200],
  ['1d', 86_400],
  ['soon', undefined],
  ['-1', undefined],
  ['1.5h', undefined],
  ['', undefined],
])('"%s" is %s seconds', (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});

const now = Date.parse('2026-11-22T12:00:00Z');

test('a time ago becomes a moment, a moment stays', () => {
  expect(momentOf('2h', now)).toBe('2026-11-22T10:00:00.000Z');
  expect(momentOf('2026-11-22T10:00:00+01:00', now)).toBe('2026-11-22T10:00:00+01:00');
});

test.each([
  ['2026-11-22T12:00:00.000Z', '0s ago'],
  ['2026-11-22T11:59:01.000Z', '59s ago'],
  ['2026-11-22T11:59:00.000Z', '1m ago'],
  ['2026-11-22T11:00:01.000Z', '59m ago'],
  ['2026-11-21T12:00:01.000Z', '23h ago'],
  ['2026-11-12T12:00:00.000Z', '10d ago'],
  ['2026-11-22T12:10:00.000Z', 'in 10m'],
  ['2026-11-22T12:59:59.001Z', 'in 1h'],
  ['2026-11-22T12:59:59.000Z', 'in 59m'],
])('%s is %s', (moment, age) => {
  expect(ageOf(moment, now)).toBe(age);
});

test.each([
  ['2h', '2026-11-22T01:00:00.000Z'],
  ['2026-01-31T09:30:00+01:00', '2026-01-31T09:30:00+01:00'],
])('%s is the moment %s', (text, moment) => {
  expect(momentOf(text, Date.parse('2026-11-22T03:00:00Z'))).toBe(moment);
});

test.each(['yesterday', '2026-01-31', '10 m', ''])('"%s" is no moment', (text) => {
  expect(() => momentOf(text, 0)).toThrow(/^"[^"]*" is no time: give 10m, 2h, 1d for so long ago, or a time/);
});

test('any text is whole seconds or nothing, and a span is read back as no more than it was', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9smhd. -]{0,8}$/)), (text) => {
      const seconds = secondsOf(text);
      expect(seconds === undefined || (seconds >= 0 && Number.isInteger(seconds))).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_400_000_000 }), (ms) => {
      const seconds = secondsOf(spanOf(ms)) ?? Number.NaN;
      expect(seconds).toBeLessThanOrEqual(ms / 1000);
      // Less than one of its unit is left out.
      expect(seconds).toBeGreaterThanOrEqual(Math.floor(ms / 1000 / 2));
    }),
  );
});

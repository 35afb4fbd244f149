import { expect, test } from 'vitest';
import { faultKinds } from './fault.ts';
import { full, longQueue, short } from './pace.ts';
import { describe, drawSchedule, type Event } from './schedule.ts';

const of = (events: Event[], what: Event['do']) => events.filter((each) => each.do === what);

test('the same seed gives the same schedule, another seed another', () => {
  expect(drawSchedule(7, short.pace)).toEqual(drawSchedule(7, short.pace));
  expect(drawSchedule(8, short.pace)).not.toEqual(drawSchedule(7, short.pace));
});

test.each([
  ['short', short.pace],
  ['of ten minutes', full(10).pace],
])(
  'a run %s has every fault, more than ten kills, a stop of the emulator, in order and in time',
  (_, pace) => {
    for (let seed = 0; seed < 50; seed++) {
      const events = drawSchedule(seed, pace);
      const kinds = events.flatMap((each) => (each.do === 'fault' ? [each.kind] : []));
      expect(new Set(kinds)).toEqual(new Set(faultKinds));
      expect(of(events, 'kill').length).toBeGreaterThan(10);
      expect(of(events, 'restart').length).toBe(pace.restarts);
      const times = events.map(({ atMs }) => atMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(Math.max(...times)).toBeLessThan(pace.loadMs);
    }
  },
);

test('one fault is over before the next begins', () => {
  const faults = drawSchedule(3, full(10).pace).flatMap((each) => (each.do === 'fault' ? [each] : []));
  for (const [index, { atMs }] of faults.slice(1).entries()) {
    const before = faults[index]!;
    expect(atMs).toBeGreaterThanOrEqual(before.atMs + before.forMs);
  }
});

test('an event reads as a sentence', () => {
  expect([
    describe({ atMs: 1_250, do: 'fault', kind: 'lost', share: 0.3, forMs: 900 }),
    describe({ atMs: 61_000, do: 'fault', kind: 'kms', share: 1, forMs: 2_000 }),
    describe({ atMs: 500, do: 'kill', victim: 'enqueue', most: 2 }),
    describe({ atMs: 700, do: 'kill', victim: 'work-long', most: 1, atReceipt: true }),
    describe({ atMs: 9_000, do: 'restart' }),
  ]).toEqual([
    '    1.3 s  lost: 30 % of calls, for 0.9 s',
    '   61.0 s  kms: every call, for 2.0 s',
    '    0.5 s  kill up to 2 of enqueue',
    '    0.7 s  kill up to 1 of work-long at their receipt',
    '    9.0 s  stop the emulator and start it again',
  ]);
});

test('of the long queue alone: kills and nothing else, some of them at the receipt, only of workers', () => {
  const events = drawSchedule(3, longQueue(2).pace);
  expect(new Set(events.map((each) => each.do))).toEqual(new Set(['kill']));
  const early = (all: Event[]) => all.filter((each) => each.do === 'kill' && each.atReceipt);
  expect(early(events).length).toBeGreaterThan(3);
  expect(early(events).length).toBeLessThan(events.length);
  for (const each of early(drawSchedule(3, full(10).pace)))
    expect(each).toMatchObject({ victim: expect.stringMatching(/^work-/) });
});

import { describe, expect, test } from 'vitest';
import { judgePatch, type Patch, patchOf } from '../../core/patch.ts';
import { aJob, key, now } from './a-job.ts';

const minuteMs = 60_000;
const waiting = aJob('pending', { fence: 2 });
const where = [
  ['status', '=', 'pending'],
  ['fence', '=', 2],
  ['availableAt', '=', 1_800_000_000_000],
  ['gate', 'missing'],
];

function patched(found: Parameters<typeof judgePatch>[0], patch: Patch) {
  const judged = judgePatch(found, patch, now);
  if ('problem' in judged) throw new Error(judged.problem.error);
  return judged;
}

describe('the body of a change', () => {
  test.each([
    [{ priority: 9 }, { priority: 9 }],
    [{ tags: [] }, { tags: [] }],
    [
      { tags: ['a', 'b'], priority: 0 },
      { tags: ['a', 'b'], priority: 0 },
    ],
    [{ delay_seconds: 0 }, { availableAt: 1_800_000_000_000 }],
    [{ delay_seconds: 7_200 }, { availableAt: 1_800_007_200_000 }],
    [{ run_at: '2027-01-15T09:00:00.500+01:00' }, { availableAt: 1_800_000_000_500 }],
    [{ run_at: '2020-01-01T00:00:00Z' }, { availableAt: 1_800_000_000_000 }],
  ])('%j', (body, value) => {
    expect(patchOf(body, now)).toEqual({ ok: true, value });
  });

  test.each([
    [{}, '', 'must have priority, run_at, delay_seconds or tags'],
    [{ priority: 10 }, '/priority', 'must be at most 9'],
    [{ priority: '4' }, '/priority', 'must be a number'],
    [{ delay_seconds: -1 }, '/delay_seconds', 'must be at least 0'],
    [{ run_at: 'tomorrow' }, '/run_at', 'must be a time such as 2026-01-31T09:30:00Z'],
    [{ run_at: '2028-01-16T08:00:00Z' }, '/run_at', 'must be within one year'],
    [
      { run_at: '2027-01-16T08:00:00Z', delay_seconds: 3 },
      '/run_at',
      'must not stand beside delay_seconds: give one of them',
    ],
    [{ tags: [''] }, '/tags/0', 'must have 1 to 32 characters'],
    [{ status: 'cancelled' }, '/status', 'unknown field'],
    [{ max_attempts: 3 }, '/max_attempts', 'unknown field'],
  ])('%j is refused at "%s": %s', (body, path, message) => {
    expect(patchOf(body, now)).toMatchObject({
      ok: false,
      problem: { code: 'invalid_request', details: [{ path, message }] },
    });
  });

  test.each([[null], [[]], ['later'], [7]])('%j is no change', (body) => {
    expect(patchOf(body, now)).toMatchObject({ ok: false, problem: { code: 'invalid_request' } });
  });
});

describe('another time', () => {
  test('later, within 15 minutes → the record with an entry a minute after it, then a delayed pointer', () => {
    expect(patched(waiting, { availableAt: now + 600_500 })).toEqual({
      change: {
        key,
        set: {
          availableAt: 1_800_000_600_500,
          status: 'scheduled',
          attention: 'due#09',
          attentionAt: 1_800_000_660_500,
        },
        remove: ['attentionStep'],
        where,
      },
      send: { lane: 'normal', delaySeconds: 601 },
    });
  });

  test('later than that → an entry 15 minutes before it, and no pointer', () => {
    expect(patched(waiting, { availableAt: now + 3_600_000 })).toEqual({
      change: {
        key,
        set: {
          availableAt: 1_800_003_600_000,
          status: 'scheduled',
          attention: 'due#09',
          attentionAt: 1_800_002_700_000,
        },
        remove: ['attentionStep'],
        where,
      },
    });
  });

  test('sooner → pending, an entry in a minute, a pointer at once', () => {
    const far = aJob('scheduled', {
      availableAt: 1_800_086_400_000,
      attention: 'due#09',
      attentionAt: 1_800_085_500_000,
    });
    expect(patched(far, { availableAt: now })).toMatchObject({
      change: { set: { status: 'pending', availableAt: now, attentionAt: 1_800_000_060_000 } },
      send: { lane: 'normal', delaySeconds: 0 },
    });
  });

  test('of a failed attempt’s repeat: it stays retrying', () => {
    const retrying = aJob('retrying');
    expect(patched(retrying, { availableAt: now }).change.set).not.toHaveProperty('status');
    expect(patched(retrying, { availableAt: now + minuteMs }).change.set).not.toHaveProperty('status');
  });

  test('a year after its creation at the latest: its payload is not kept for ever', () => {
    const yearMs = 365 * 24 * 60 * minuteMs;
    expect(judgePatch(waiting, { availableAt: now + yearMs }, now + minuteMs)).toHaveProperty('change');
    expect(judgePatch(waiting, { availableAt: now + yearMs + 1 }, now + minuteMs)).toMatchObject({
      problem: {
        code: 'invalid_request',
        details: [{ path: '', message: "must be within one year of the job's creation" }],
      },
    });
  });
});

describe('another priority', () => {
  test('in another lane → a hand-over: an entry in a minute, a pointer there', () => {
    expect(patched(waiting, { priority: 9 })).toEqual({
      change: {
        key,
        set: { priority: 9, attention: 'due#09', attentionAt: 1_800_000_060_000 },
        remove: ['attentionStep'],
        where,
      },
      send: { lane: 'critical', delaySeconds: 0 },
    });
  });

  test('of a delayed message → its new pointer has what is left of the delay', () => {
    const soon = aJob('scheduled', { availableAt: 1_800_000_300_000 });
    expect(patched(soon, { priority: 0 })).toMatchObject({
      change: { set: { priority: 0, attentionAt: 1_800_000_360_000 } },
      send: { lane: 'low', delaySeconds: 300 },
    });
  });

  test('in the same lane → the record alone', () => {
    expect(patched(waiting, { priority: 5 })).toEqual({ change: { key, set: { priority: 5 }, where } });
  });

  test('of a far job → the record alone: release sends it by what it reads', () => {
    const far = aJob('scheduled', { availableAt: 1_800_003_600_000, attention: 'due#09' });
    expect(patched(far, { priority: 9 })).toMatchObject({ change: { set: { priority: 9 } } });
    expect(patched(far, { priority: 9 })).not.toHaveProperty('send');
    expect(patched(far, { priority: 9 }).change.set).not.toHaveProperty('attentionAt');
  });

  test('of a job that bury sent to quarantine → it stays there', () => {
    const rescued = aJob('pending', { buried: 1, shared: 0 });
    expect(patched(rescued, { priority: 9 })).toMatchObject({ send: { lane: 'quarantine' } });
  });
});

describe('other tags', () => {
  test('stand instead of the old ones', () => {
    expect(patched(waiting, { tags: ['b'] })).toEqual({ change: { key, set: { tags: ['b'] }, where } });
  });

  test('none → no tag is left', () => {
    expect(patched(waiting, { tags: [] })).toEqual({ change: { key, set: {}, remove: ['tags'], where } });
  });
});

test('another lane for a job that waits for others: it is in none yet, so no pointer is sent', () => {
  const found = aJob('waiting_dependencies');
  expect(judgePatch(found, { priority: 9, tags: ['a'] }, now)).toEqual({
    change: {
      key,
      set: { priority: 9, tags: ['a'] },
      where: [
        ['status', '=', 'waiting_dependencies'],
        ['fence', '=', 0],
        ['availableAt', '=', 1_800_000_000_000],
        ['gate', 'missing'],
      ],
    },
  });
});

describe('refused', () => {
  test.each(['running', 'completed', 'failed', 'cancelled', 'skipped'] as const)('%s', (status) => {
    expect(judgePatch(aJob(status), { priority: 1 }, now)).toEqual({
      problem: {
        code: 'invalid_transition',
        error: `the job is ${status}; only a job that is scheduled, pending or retrying can be changed, and of one that is waiting_dependencies its priority and tags`,
      },
    });
  });

  test('another time for a job that waits for others', () => {
    expect(judgePatch(aJob('waiting_dependencies'), { availableAt: 1_800_000_060_000 }, now)).toEqual({
      problem: {
        code: 'invalid_transition',
        error:
          'the job waits for other jobs; its time can be changed once they have ended, its priority and tags now',
      },
    });
  });

  test('parked at a gate', () => {
    expect(judgePatch(aJob('pending', { gate: 'paused' }), { priority: 1 }, now)).toEqual({
      problem: {
        code: 'invalid_transition',
        error: 'the job is parked at its gate "paused"; it can be changed when that has opened',
      },
    });
  });
});

import { expect, test } from 'vitest';
import type { Job } from '../../core/api.ts';
import type { Aftermath, Kill } from './killing.ts';
import { makeReport, render, type Seen } from './report.ts';

const job = (id: string, fields: Partial<Job> = {}): Job => ({
  ...{ id, tenant: 'acme', type: 'echo', queue: 'default', lane: 'normal', priority: 4 },
  ...{ status: 'completed', attempt: 1, max_attempts: 5, timeout_seconds: 30, tags: [] },
  ...{ created_at: '', available_at: '', created_by: 'ada' },
  ...fields,
});
const kill = (pid: number, jobs: string[] = []): Kill => ({
  at: 0,
  victim: 'work-webhooks',
  pid,
  jobs,
  received: [],
  calls: 1,
});

/** A run in which all is well. */
const well: Seen = {
  ...{ seed: 1, loadMs: 60_000, judgeTimes: true, planned: ['lost'], injected: { lost: 3 }, calls: 100 },
  kills: [kill(1, ['a']), ...Array.from({ length: 10 }, (_, index) => kill(index + 2))],
  stops: [{ at: 0, downMs: 900, jobs: ['b'] }],
  aftermath: [
    { jobId: 'a', victim: 'work-webhooks', ms: 66_000, stopped: false },
    { jobId: 'b', victim: 'work-webhooks', ms: 99_000, stopped: true },
  ],
  ...{
    unaccepted: 0,
    accepted: 2,
    repeated: 2,
    cancels: 0,
    changed: [],
    unanswered: 0,
    undelivered: [],
    ownFailures: [],
  },
  jobs: [job('a', { attempt: 2 }), job('b')],
  ...{ finishedTwice: [], unseen: [], disagreeing: [], lastToFinish: [], late: [] },
};

const brokenBy = (change: Partial<Seen>): string[] => makeReport({ ...well, ...change }).broken;

test('a run in which all is well is well', () => {
  expect(makeReport(well)).toMatchObject({
    ok: true,
    broken: [],
    kills: { count: 11, jobsInFlight: 1, callsInFlight: 11, by: { 'work-webhooks': 11 } },
    accepted: 2,
    final: { completed: 2 },
    attempts: { 1: 1, 2: 1 },
    restartAfterKill: { webhooks: { jobs: 1, medianMs: 66_000, longestMs: 66_000, allowedMs: 75_000 } },
    restartAfterStop: { jobs: 1, longestMs: 99_000 },
  });
});

const failed = (cause: 'lease_lost' | 'permanent_error', attempt: number) =>
  job('b', { status: 'failed', attempt, last_error: { code: 'c', cause, attempt, at: '' } });

test.each<[string, Partial<Seen>, string[]]>([
  [
    'a job is not final',
    { jobs: [job('a'), job('b', { status: 'running' })] },
    ['1 accepted jobs are not final'],
  ],
  ['a job is gone', { jobs: [job('a')] }, ['1 accepted jobs are not final']],
  ['a job finished twice', { finishedTwice: ['a'] }, ['jobs finished twice: a']],
  [
    'a finish was not seen',
    { unseen: ['a'] },
    ['1 jobs are final and no write that finished them was seen: a'],
  ],
  ['… of which an answer is missing', { unseen: ['a'], unanswered: 1 }, []],
  [
    'given up too early',
    { jobs: [job('a'), failed('lease_lost', 2)] },
    ['failed with attempts left: b (lease_lost)'],
  ],
  ['given up after all attempts', { jobs: [job('a'), failed('lease_lost', 5)] }, []],
  ['refused for good', { jobs: [job('a'), failed('permanent_error', 1)] }, []],
  ['completed, not run', { undelivered: ['a'] }, ['completed and never delivered: a']],
  ['other ids', { changed: ['key k'] }, ['a repeated request got other jobs: key k']],
  ['not accepted', { unaccepted: 2 }, ['2 requests were never accepted, with no fault left']],
  ['few kills', { kills: [kill(1, ['a'])] }, ['only 1 processes were killed; at least 11']],
  ['idle victims', { kills: well.kills.slice(1).concat(kill(99)) }, ['no killed process had a job']],
  ['a fault that hit nothing', { planned: ['lost', 'kms'] }, ['fault "kms" hit no call']],
  ['a blind witness', { ownFailures: ['Error: x'] }, ['the test itself failed: Error: x']],
  [
    'run again too late',
    { aftermath: [{ jobId: 'a', victim: 'work-webhooks', ms: 75_001, stopped: false }] },
    ['a killed job of queue webhooks ran again after 75001 ms; within 75000 ms'],
  ],
  [
    '… on a machine that is anyone’s',
    {
      judgeTimes: false,
      aftermath: [{ jobId: 'a', victim: 'work-webhooks', ms: 75_001, stopped: false }],
    },
    [],
  ],
])('%s', (_, change, broken) => {
  expect(brokenBy(change)).toEqual(broken);
});

test('for a person, what is broken stands at the end', () => {
  const lines = render(makeReport({ ...well, finishedTwice: ['a'] })).split('\n');
  expect(lines.slice(-2)).toEqual(['BROKEN: jobs finished twice: a', 'chaos found something']);
  expect(render(makeReport(well))).toContain('accepted          2, not final 0');
});

test('died at its receipt: in a long queue its entry may take two minutes, in a short one its lane is as quick', () => {
  const aftermath: Aftermath[] = [
    { jobId: 'a', victim: 'work-long', received: 'again', ms: 130_001, stopped: false },
    { jobId: 'b', victim: 'work-webhooks', received: 'again', ms: 75_000, stopped: false },
    { jobId: 'c', victim: 'work-long', received: 'first', ms: 430_000, stopped: false },
  ];
  const { broken, restartAfterKill } = makeReport({ ...well, aftermath });
  expect(broken).toEqual([
    'a killed job of queue long at its next receipt ran again after 130001 ms; within 130000 ms',
  ]);
  expect(restartAfterKill).toMatchObject({ 'webhooks at its next receipt': { jobs: 1, allowedMs: 75_000 } });
});

test('who was late is told with its history', () => {
  const late = {
    ...{ jobId: 'a', queue: 'long', waitedMs: 300_000, allowedMs: 50_000 },
    ...{ broughtBackBy: 'pointer m', history: ['0.0 s  running'] },
  };
  expect(render(makeReport({ ...well, late: [late] }))).toContain(
    'late              a of long: 300.0 s, 50.0 s allowed; brought back by pointer m\n                  0.0 s  running',
  );
});

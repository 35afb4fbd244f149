import { metChange, missedChange, watchChange } from '../../core/dependencies.ts';
import { aJob } from '../support/a-job.ts';
import { start } from '../support/clock.ts';
import { anotherFence, type ChangeCase, ended, waitsForRelease } from './change-case.ts';

/** 22 characters each, of the ids that end in 01, 02 and 03. */
const [first, second, third] = ['AZqwxV0AcACAAAAAAAAAAQ', 'AZqwxV0AcACAAAAAAAAAAg', 'AZqwxV0AcACAAAAAAAAAAw'];
const idOfSecond = '019ab0c5-5d00-7000-8000-000000000002';
const idOfThird = '019ab0c5-5d00-7000-8000-000000000003';
const waiting = { status: 'waiting_dependencies', ...waitsForRelease } as const;
const notWaiting = {
  'one that a person cancelled': { status: 'cancelled', ...ended },
  'one that somebody else has handed over': { status: 'pending' },
} as const;

/** What becomes of jobs that wait for others. */
export const dependencyCases: ChangeCase[] = [
  {
    name: 'meet: waiting_dependencies → pending, its entry a minute away',
    found: aJob({ ...waiting, dependencies: { well: first, ended: second }, attentionStep: 4 }),
    change: (found) => metChange(found, start),
    becomes: {
      status: 'pending',
      availableAt: start,
      attention: 'due',
      attentionAt: start + 60_000,
      attentionStep: undefined,
    },
    refusedBy: { ...notWaiting, ...anotherFence },
  },
  {
    name: 'delay_met: waiting_dependencies → scheduled, for `release` to send',
    found: aJob({ ...waiting, dependencies: { well: first, delayMs: 3_600_000 } }),
    change: (found) => metChange(found, start),
    becomes: {
      status: 'scheduled',
      availableAt: start + 3_600_000,
      attention: 'due',
      attentionAt: start + 2_700_000,
    },
    refusedBy: { ...notWaiting, ...anotherFence },
  },
  {
    name: 'miss: waiting_dependencies → cancelled, with the job that did not end well',
    found: aJob({ ...waiting, dependencies: { well: third } }),
    change: (found) => missedChange(found, idOfThird, start),
    becomes: {
      status: 'cancelled',
      ...ended,
      lastError: {
        code: 'dependency_failed',
        cause: 'dependency_failed',
        attempt: 0,
        at: start,
        dependency: '019ab0c5-5d00-7000-8000-000000000003',
      },
      attention: undefined,
      attentionAt: undefined,
    },
    refusedBy: { ...notWaiting, ...anotherFence },
  },
  {
    name: 'watch: the first job that waits for a running one',
    found: aJob({ status: 'running' }),
    change: (found) => watchChange(found, [idOfThird]) ?? { key: found, set: {}, where: [] },
    becomes: { watchers: third },
    refusedBy: {
      'a job that has ended': { status: 'completed', ...ended },
      'another that was noted since': { watchers: first },
    },
  },
  {
    name: 'watch: one more that waits, beside those that are noted',
    found: aJob({ watchers: `${first}${second}` }),
    change: (found) => watchChange(found, [idOfThird, idOfSecond]) ?? { key: found, set: {}, where: [] },
    becomes: { watchers: `${first}${second}${third}` },
    refusedBy: {
      'a job that has ended': { status: 'failed', ...ended },
      'another that was noted since': { watchers: `${first}${second}${first}` },
    },
  },
];

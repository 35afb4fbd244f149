import { expect, test } from 'vitest';
import { tellRetries } from '../../client/retries.ts';
import type { Job } from '../../core/api.ts';
import { aFailedJob, aJob } from './a-job.ts';

const nowMs = Date.parse('2026-11-22T03:00:30.000Z');

function failed(attempt: number) {
  return { code: 'unavailable', cause: 'transient_error', attempt, at: `2026-11-22T03:00:0${attempt}.000Z` };
}

/** What is told while a job shows itself so, look by look; then the wait is over. */
async function toldOf(looks: (Job | Error)[]): Promise<{ told: string[]; left: number }> {
  const told: string[] = [];
  const left = [...looks];
  const look = async () => {
    const shown = left.shift();
    if (shown === undefined || shown instanceof Error) throw shown ?? new Error('looked once too often');
    return shown;
  };
  await tellRetries(
    look,
    (line) => told.push(line),
    async () => left.length > 0,
    () => nowMs,
  );
  return { told, left: left.length };
}

const retrying = aJob({
  status: 'retrying',
  attempt: 1,
  last_error: failed(1),
  available_at: '2026-11-22T03:00:58.000Z',
});

test('each failed attempt is told once, with when the next one comes', async () => {
  const looks = [
    aJob(),
    retrying,
    retrying,
    { ...retrying, status: 'running' as const, attempt: 2 },
    aJob({ status: 'running', attempt: 3, last_error: failed(2) }),
  ];
  expect((await toldOf(looks)).told).toEqual([
    'attempt 1 of 5 failed (transient_error, unavailable); the next in 28s',
    'attempt 2 of 5 failed (transient_error, unavailable); it is running again',
  ]);
});

test('the end of the job is not told, and ends it', async () => {
  expect(await toldOf([aFailedJob(), retrying])).toEqual({ told: [], left: 1 });
});

test('a look that fails is left out', async () => {
  expect((await toldOf([new Error('unreachable'), retrying])).told).toHaveLength(1);
});

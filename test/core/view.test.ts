import { describe, expect, test } from 'vitest';
import { job } from '../../core/api.ts';
import { momentMs, rfc3339, viewOf } from '../../core/view.ts';
import { aJob, jobId, now } from './a-job.ts';

describe('a job as the API shows it', () => {
  test('one that waits', () => {
    expect(viewOf(aJob('pending'))).toEqual({
      id: jobId,
      tenant: 'acme',
      type: 'csv.summarize',
      queue: 'default',
      lane: 'normal',
      priority: 4,
      status: 'pending',
      attempt: 0,
      max_attempts: 5,
      timeout_seconds: 30,
      tags: [],
      created_at: '2027-01-15T08:00:00.000Z',
      available_at: '2027-01-15T08:00:00.000Z',
      created_by: 'arn:aws:iam::123456789012:user/ada',
    });
  });

  test('one that runs, tells how far it is, and is to be cancelled', () => {
    const record = aJob('running', {
      progress: { percent: 40, note: 'rows read', at: 1_800_000_004_000 },
      cancelRequestedAt: 1_800_000_005_000,
    });
    const body = viewOf(record);
    expect(body.progress).toEqual({ percent: 40, note: 'rows read', at: '2027-01-15T08:00:04.000Z' });
    expect(body.cancel_requested_at).toBe('2027-01-15T08:00:05.000Z');
    expect(job.parse(body)).toEqual(body);
  });

  test('one that failed, with all it can have', () => {
    const record = aJob('failed', {
      priority: 9,
      gate: 'paused',
      attempt: 3,
      attemptsLeft: 0,
      tags: ['a'],
      startedAt: 1_800_000_001_000,
      finishedAt: 1_800_000_002_500,
      availableAt: 1_800_000_002_500,
      lastError: { code: 'rejected', cause: 'permanent_error', attempt: 3, at: 1_800_000_002_499 },
      codeVersion: 'c1',
    });
    expect(viewOf(record)).toEqual({
      id: jobId,
      tenant: 'acme',
      type: 'csv.summarize',
      queue: 'default',
      lane: 'critical',
      priority: 9,
      status: 'failed',
      gate: 'paused',
      attempt: 3,
      max_attempts: 3,
      timeout_seconds: 30,
      tags: ['a'],
      created_at: '2027-01-15T08:00:00.000Z',
      available_at: '2027-01-15T08:00:02.500Z',
      started_at: '2027-01-15T08:00:01.000Z',
      finished_at: '2027-01-15T08:00:02.500Z',
      last_error: {
        code: 'rejected',
        cause: 'permanent_error',
        attempt: 3,
        at: '2027-01-15T08:00:02.499Z',
      },
      created_by: 'arn:aws:iam::123456789012:user/ada',
      code_version: 'c1',
    });
  });

  test('in every state it is what the schema says, in snake_case, and nothing sealed or internal', () => {
    const states = [
      'scheduled',
      'pending',
      'running',
      'retrying',
      'completed',
      'failed',
      'cancelled',
      'skipped',
    ];
    for (const status of states as 'pending'[]) {
      const view = viewOf(aJob(status, { gate: 'x', cancelRequestedAt: now, buried: 1 }));
      expect(job.parse(view)).toEqual(view);
      expect(Object.keys(view).filter((name) => !/^[a-z_]+$/.test(name))).toEqual([]);
      const internal = [
        'payload',
        'result',
        'owner',
        'message',
        'fence',
        'shared',
        'attention',
        'pk',
        'buried',
      ];
      expect(Object.keys(view).filter((name) => internal.includes(name))).toEqual([]);
    }
  });

  test('finished_at stands for every final status', () => {
    for (const status of ['completed', 'failed', 'cancelled', 'skipped'] as const)
      expect(viewOf(aJob(status)).finished_at).toBe('2027-01-15T08:00:00.000Z');
  });

  test('max_attempts stays what it was as attempts are spent', () => {
    expect(viewOf(aJob('running', { attempt: 5, attemptsLeft: 0 })).max_attempts).toBe(5);
    expect(viewOf(aJob('running', { attempt: 1, attemptsLeft: 4 })).max_attempts).toBe(5);
  });
});

describe('times', () => {
  test('RFC 3339, UTC, milliseconds', () => {
    expect(rfc3339(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(rfc3339(1_800_000_000_007)).toBe('2027-01-15T08:00:00.007Z');
  });
  test('and back', () => {
    expect(momentMs('2027-01-15T08:00:00.007Z')).toBe(1_800_000_000_007);
    expect(momentMs('2027-01-15T09:00:00.007+01:00')).toBe(1_800_000_000_007);
  });
});

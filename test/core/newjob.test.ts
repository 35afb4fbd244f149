import { describe, expect, test } from 'vitest';
import { newRecord, tombstone } from '../../core/newjob.ts';
import type { Draft } from '../../core/request.ts';
import { jobId, key, now, sealed } from './a-job.ts';

const draft: Draft = {
  type: 'echo',
  queue: 'default',
  long: false,
  priority: 4,
  availableAt: now,
  maxAttempts: 5,
  timeoutSeconds: 30,
  tags: [],
  payload: new Uint8Array(2),
};
const caller = { tenant: 'acme', createdBy: 'arn:aws:iam::123456789012:user/ada' };
const record = (more: Partial<Draft> = {}) => newRecord(jobId, { ...draft, ...more }, caller, sealed, now);

describe('a new record', () => {
  test('now: pending, nothing in any index', () => {
    expect(record()).toEqual({
      pk: 'acme#5',
      sk: '01a3185c-5000-7abc-8def-012345678905',
      v: 1,
      status: 'pending',
      type: 'echo',
      queue: 'default',
      priority: 4,
      timeoutSeconds: 30,
      createdBy: 'arn:aws:iam::123456789012:user/ada',
      payload: sealed,
      availableAt: 1_800_000_000_000,
      fence: 0,
      attempt: 0,
      attemptsLeft: 5,
    });
  });

  test('in a millisecond: scheduled', () => {
    expect(record({ availableAt: 1_800_000_000_001 }).status).toBe('scheduled');
  });

  test('in 15 minutes: its pointer carries the delay', () => {
    expect(record({ availableAt: 1_800_000_900_000 })).not.toHaveProperty('attention');
  });

  test('in a long queue: watched, from a minute after its time on', () => {
    expect(record({ long: true })).toMatchObject({
      status: 'pending',
      attention: 'due#09',
      attentionAt: 1_800_000_060_000,
      attentionStep: 0,
    });
    expect(record({ long: true, availableAt: 1_800_000_900_001 })).toMatchObject({
      attentionAt: 1_800_000_000_001,
    });
  });

  test('later: waits in attention until 15 minutes before', () => {
    expect(record({ availableAt: 1_800_000_900_001 })).toMatchObject({
      status: 'scheduled',
      attention: 'due#09',
      attentionAt: 1_800_000_000_001,
    });
  });

  test('tags and trace context stand where they were given', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const made = newRecord(jobId, { ...draft, tags: ['a', 'b'] }, { ...caller, traceparent }, sealed, now);
    expect(made).toMatchObject({ tags: ['a', 'b'], traceparent });
  });
});

describe('a tombstone', () => {
  test('is void and holds nothing of a job', () => {
    expect(tombstone(key, now)).toEqual({
      ...key,
      v: 1,
      status: 'void',
      type: '',
      queue: '',
      priority: 0,
      timeoutSeconds: 0,
      createdBy: '',
      payload: { v: 1, at: 'item', where: '', bytes: 0, hash: new Uint8Array(1) },
      availableAt: 1_800_000_000_000,
      fence: 0,
      attempt: 0,
      attemptsLeft: 0,
      expiresAt: 1_802_592_000,
    });
  });

  test('goes after 30 days and not before', () => {
    expect(tombstone(key, 1_800_000_000_001).expiresAt).toBe(1_802_592_001);
  });
});

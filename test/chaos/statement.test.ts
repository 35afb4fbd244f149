import { expect, test } from 'vitest';
import { claimChange } from '../../core/claim.ts';
import { settle } from '../../core/settle.ts';
import { insertStatement, updateStatement } from '../../functions/aws/partiql.ts';
import { aJob } from '../support/a-job.ts';
import { readStatement } from './statement.ts';

const record = aJob({ sk: '01900000-0000-7000-8000-000000000005', status: 'running', fence: 7 });
const marshalled = (values: unknown[]) =>
  values.map((each) => (typeof each === 'number' ? { N: String(each) } : { S: String(each) }));

test('the claim of a job says what it sets and nothing of what it adds', () => {
  const holder = { owner: 'me', leaseMs: 55_000, codeVersion: 'c1' };
  const message = { messageId: 'm1', sentAt: 1_000, receiveCount: 1, quarantine: false };
  const { Statement, Parameters } = updateStatement('jobs', claimChange(record, message, holder, 3, 5_000));
  expect(readStatement(Statement, marshalled(Parameters))).toEqual({
    jobId: '01900000-0000-7000-8000-000000000005',
    set: {
      status: 'running',
      owner: 'me',
      message: 'm1',
      shared: 3,
      availableAt: 60_000,
      startedAt: 5_000,
      codeVersion: 'c1',
    },
    where: {
      pk: record.pk,
      sk: '01900000-0000-7000-8000-000000000005',
      availableAt: 5_000,
      attemptsLeft: 0,
    },
  });
});

test('a settle says the fence that it is conditional on, whether it returns the record or not', () => {
  const { change } = settle(record, { kind: 'returned', result: { v: 1 } as never }, 9_000, 0.5);
  for (const each of [change, { ...change, unread: true } as const]) {
    const { Statement, Parameters } = updateStatement('jobs', each);
    expect(readStatement(Statement, marshalled(Parameters))).toMatchObject({
      jobId: '01900000-0000-7000-8000-000000000005',
      set: { status: 'completed', finishedAt: 9_000 },
      where: { fence: 7 },
    });
  }
});

test('an insert says all of it', () => {
  const { Statement, Parameters } = insertStatement('jobs', { ...record, status: 'pending' });
  expect(readStatement(Statement, marshalled(Parameters))).toMatchObject({
    jobId: '01900000-0000-7000-8000-000000000005',
    set: { status: 'pending', fence: 7 },
    where: {},
  });
});

test('a statement of another form is not read as something else', () => {
  expect(() => readStatement('DELETE FROM "jobs" WHERE "pk"=?', [{ S: 'a' }])).toThrow(
    'not a statement that the witness can read: DELETE FROM "jobs" WHERE "pk"=?',
  );
  expect(() => readStatement('UPDATE "jobs" SET "a"=? WHERE "sk"=?', [{ S: 'a' }])).toThrow(
    'the witness read 2 of 1 parameters',
  );
});

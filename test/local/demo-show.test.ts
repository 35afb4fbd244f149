import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../local/demo/figures.ts';
import { checkLines, figuresTable, shortened } from '../../local/demo/show.ts';
import { aFailedJob, aJob } from '../client/a-job.ts';

const second = (seconds: number) =>
  new Date(Date.parse('2026-11-22T03:00:00Z') + seconds * 1000).toISOString();

/** A job that was created, started and finished at these seconds. */
const aRun = (created: number, started: number, finished: number, fields = {}) =>
  aJob({
    status: 'completed',
    attempt: 1,
    created_at: second(created),
    started_at: second(started),
    finished_at: second(finished),
    ...fields,
  });

describe('figures', () => {
  it('wait and run time are by nearest rank: p50 of 20 is the 10th, p95 the 19th', () => {
    const jobs = Array.from({ length: 20 }, (_, index) => aRun(0, 20 - index, 20 - index + 2 * index));
    expect(figuresOf(jobs, 'later').all).toMatchObject({
      wait: { p50: 10_000, p95: 19_000 },
      run: { p50: 18_000, p95: 36_000 },
    });
  });

  it('of one job, both are that job', () => {
    expect(figuresOf([aRun(0, 1, 4)], 'later').all).toMatchObject({
      wait: { p50: 1000, p95: 1000 },
      run: { p50: 3000, p95: 3000 },
    });
  });

  it('who waited on purpose does not count as waiting, but as running', () => {
    const jobs = [aRun(0, 1, 2), aRun(0, 5, 8, { tags: ['later'] }), aRun(0, 7, 10, { attempt: 2 })];
    expect(figuresOf(jobs, 'later').all).toMatchObject({
      jobs: 3,
      retried: 1,
      wait: { p50: 1000, p95: 1000 },
      run: { p50: 3000, p95: 3000 },
    });
  });

  it('jobs a minute are the finished ones, from the first created to the last finished', () => {
    const jobs = [aRun(1, 2, 3), aRun(0, 1, 12), aJob({ created_at: second(2) })];
    expect(figuresOf(jobs, 'later')).toMatchObject({ spanMs: 12_000, jobsPerMinute: 10 });
  });

  it('by type and status, types in alphabetical order', () => {
    const { types, all, priorities, lanes } = figuresOf(
      [
        aFailedJob({ type: 'webhook.deliver', priority: 9, lane: 'critical' }),
        aRun(0, 1, 2),
        aRun(0, 1, 2),
        aJob({ type: 'csv.report' }),
      ],
      'later',
    );
    expect(
      types.map(({ type, jobs, completed, failed, other }) => [type, jobs, completed, failed, other]),
    ).toEqual([
      ['csv.report', 1, 0, 0, 1],
      ['echo', 2, 2, 0, 0],
      ['webhook.deliver', 1, 0, 1, 0],
    ]);
    expect(all).toMatchObject({ jobs: 4, completed: 2, failed: 1, other: 1 });
    expect([priorities, lanes]).toEqual([
      2,
      [
        { lane: 'critical', jobs: 1 },
        { lane: 'normal', jobs: 3 },
      ],
    ]);
  });

  it('of no jobs at all, there is nothing to tell', () => {
    expect(figuresOf([], 'later')).toMatchObject({ spanMs: 0, jobsPerMinute: 0, types: [] });
  });
});

describe('the table', () => {
  const cellsOf = (text: string) =>
    stripVTControlCharacters(text)
      .split('\n')
      .filter((line) => line.startsWith('│'))
      .map((line) =>
        line
          .split('│')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );

  it('has a row for each type and one for all', () => {
    const jobs = [aRun(0, 1, 3, { attempt: 2 }), aRun(0, 1.5, 3), aFailedJob({ type: 'webhook.deliver' })];
    expect(cellsOf(figuresTable(figuresOf(jobs, 'later')))).toEqual([
      ['type', 'jobs', 'completed', 'failed', 'retried', 'wait p50', 'wait p95', 'run p50', 'run p95'],
      ['echo', '2', '2', '0', '1', '1,500 ms', '1,500 ms', '1,500 ms', '2,000 ms'],
      ['webhook.deliver', '1', '0', '1', '1', '–', '–', '1,500 ms', '1,500 ms'],
      ['all', '3', '2', '1', '2', '1,500 ms', '1,500 ms', '1,500 ms', '2,000 ms'],
    ]);
  });

  it('shows jobs in other states when there are some', () => {
    const [head, row] = cellsOf(figuresTable(figuresOf([aJob()], 'later')));
    expect(head?.slice(0, 6)).toEqual(['type', 'jobs', 'completed', 'failed', 'other', 'retried']);
    expect(row?.slice(0, 6)).toEqual(['echo', '1', '0', '0', '1', '0']);
  });
});

describe('a shortened report', () => {
  const head = ['| File |', '| --- |'];

  it('keeps the first rows of each table and says how many more there are', () => {
    const markdown = [
      '# T',
      '',
      ...head,
      '| a |',
      '| b |',
      '| c |',
      '| d |',
      '',
      '## U',
      '',
      ...head,
      '| e |',
      '',
    ];
    expect(shortened(markdown.join('\n'), 2).split('\n')).toEqual([
      ...['# T', '', ...head, '| a |', '| b |', '… and 2 more'],
      ...['', '## U', '', ...head, '| e |'],
    ]);
  });

  it('also of a table at the very end', () => {
    expect(shortened([...head, '| a |', '| b |'].join('\n'), 1).split('\n')).toEqual([
      ...head,
      '| a |',
      '… and 1 more',
    ]);
  });
});

it('a check that does not hold is followed by what contradicts it', () => {
  const text = checkLines([
    { says: 'all is well', wrong: [] },
    { says: 'ten came', wrong: ['nine came', 'one is lost'] },
  ]);
  expect(stripVTControlCharacters(text)).toBe(
    '  ✓ all is well\n  ✗ ten came\n      nine came\n      one is lost',
  );
});

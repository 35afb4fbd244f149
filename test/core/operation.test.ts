import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginning,
  canaryCounts,
  canarySize,
  judgeCanary,
  nextTurn,
  percentOf,
  retryResult,
  tallied,
} from '../../core/operation.ts';
import { aJob } from './a-job.ts';

describe('the size of a canary', () => {
  it.each([
    [40, 10, 4],
    [41, 10, 5],
    [1, 1, 1],
    [0, 5, 1],
    [3, 50, 2],
    [100_000, 1, 500],
    [999, 50, 500],
  ])('of %i jobs and %i %%: %i', (counted, percent, size) => expect(canarySize(counted, percent)).toBe(size));
});

describe('a canary', () => {
  it.each([
    [{ completed: 4, failed: 0, open: 0 }, 0, false, 'go_on'],
    [{ completed: 3, failed: 1, open: 0 }, 0.25, false, 'go_on'],
    [{ completed: 2, failed: 2, open: 0 }, 0.25, false, 'stop'],
    [{ completed: 0, failed: 1, open: 3 }, 0, false, 'stop'],
    [{ completed: 0, failed: 0, open: 4 }, 0.5, false, 'wait'],
    [{ completed: 2, failed: 0, open: 2 }, 0.5, false, 'go_on'],
    [{ completed: 1, failed: 0, open: 3 }, 0.5, true, 'stop'],
    [{ completed: 0, failed: 0, open: 4 }, 1, false, 'go_on'],
    [{ completed: 0, failed: 0, open: 0 }, 0, false, 'go_on'],
  ] as const)('%j with at most %d, time over: %s: %s', (counts, most, over, decision) => {
    expect(judgeCanary(counts, most, over)).toBe(decision);
  });

  it('that may go on still may when every open job has failed, and none decides otherwise later', () => {
    const count = fc.nat({ max: 50 });
    fc.assert(
      fc.property(
        count,
        count,
        count,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (completed, failed, open, most) => {
          const now = judgeCanary({ completed, failed, open }, most, false);
          const worst = judgeCanary({ completed, failed: failed + open, open: 0 }, most, true);
          const best = judgeCanary({ completed: completed + open, failed, open: 0 }, most, true);
          if (now === 'go_on') expect(worst).toBe('go_on');
          if (now === 'stop') expect(best).toBe('stop');
          expect(judgeCanary({ completed, failed, open }, most, true)).not.toBe('wait');
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });

  it('counts what is gone or was cancelled as no failure', () => {
    const records = [
      aJob('failed'),
      aJob('completed'),
      aJob('cancelled'),
      undefined,
      aJob('retrying'),
      aJob('running'),
    ];
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(canaryCounts(ids, records)).toEqual({ completed: 3, failed: 1, open: 2 });
  });
});

describe('the next turn', () => {
  const last = { id: 'a', at: 1 };

  it('is that of the next shard, as long as there is one, then that of the first which has more', () => {
    const second = nextTurn({ from: { shard: 0 } }, { shard: 0, last }, 3);
    expect(second).toEqual({ from: { shard: 1 }, rest: [{ shard: 2 }, { shard: 0, last }] });
    const third = nextTurn(second!, undefined, 3);
    expect(third).toEqual({ from: { shard: 2 }, rest: [{ shard: 0, last }] });
    const fourth = nextTurn(third!, undefined, 3);
    expect(fourth).toEqual({ from: { shard: 0, last }, rest: [] });
    expect(nextTurn(fourth!, { shard: 0, last }, 3)).toEqual(fourth);
    expect(nextTurn(fourth!, undefined, 3)).toBeUndefined();
  });

  it('of an operation that knew no turns: what was before its shard is done', () => {
    expect(nextTurn({ from: { shard: 5, last } }, undefined, 8)).toEqual({
      from: { shard: 6 },
      rest: [{ shard: 7 }],
    });
    expect(nextTurn({ from: { shard: 7 } }, undefined, 8)).toBeUndefined();
  });
});

describe('progress', () => {
  it('adds up what was changed and skipped, and keeps five examples', () => {
    const done = [
      { id: 'a' },
      ...['b', 'c', 'd', 'e', 'f', 'g'].map((id) => ({ id, skipped: 'changed' as const })),
      { id: 'h', skipped: 'invalid_payload' as const },
    ];
    const after = tallied({ ...beginning, begun: ['a'] }, done);
    expect(after).toMatchObject({
      ...{ matched: 8, changed: 1, begun: [] },
      reasons: { changed: 6, invalid_payload: 1 },
    });
    expect(after.examples.map(({ job_id }) => job_id)).toEqual(['b', 'c', 'd', 'e', 'f']);
    expect(beginning.matched).toBe(0);
  });

  it('of a canary remembers whom it retried, and nobody once it is judged', () => {
    const canary = { size: 2, ids: ['x'], completed: 0, failed: 0, open: 0 };
    const watching = tallied({ ...beginning, canary }, [{ id: 'a' }, { id: 'b', skipped: 'changed' }]);
    expect(watching.canary?.ids).toEqual(['x', 'a']);
    const judged = { ...canary, verdict: 'passed' as const };
    expect(tallied({ ...beginning, canary: judged }, [{ id: 'a' }]).canary?.ids).toEqual(['x']);
  });

  it.each([
    [{ phase: 'count', counted: 0, matched: 0 }, 0],
    [{ phase: 'change', counted: 3, matched: 1 }, 33],
    [{ phase: 'change', counted: 3, matched: 7 }, 99],
    [{ phase: 'end', counted: 0, matched: 0 }, 100],
  ] as const)('%j is %i %%', (fields, percent) =>
    expect(percentOf({ ...beginning, ...fields })).toBe(percent),
  );

  it('of a canary that stopped: the rest was counted and never looked at', () => {
    const canary = {
      size: 2,
      ids: ['a', 'b'],
      verdict: 'stopped' as const,
      completed: 1,
      failed: 1,
      open: 0,
    };
    const stopped = { ...beginning, counted: 40, matched: 2, changed: 2, canary };
    expect(retryResult(stopped, { percent: 5, max_failure_rate: 0 })).toEqual({
      ...{ matched: 40, retried: 2, skipped: 0, reasons: {}, examples: [], stopped: 'canary' },
      canary: { jobs: 2, completed: 1, failed: 1, open: 0, failure_rate: 0.5 },
    });
  });
});

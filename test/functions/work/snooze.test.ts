import { describe, expect, it } from 'vitest';
import type { JobContext } from '../../../core/define.ts';
import { aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { runOnce } from './run-once.ts';

describe('a handler that snoozes', () => {
  it('is started again after so long, no attempt spent, nothing kept', async () => {
    const { world, record, errors, counts } = await runOnce((_, job) => job.snooze(20));
    expect(record).toMatchObject({
      ...{ status: 'scheduled', availableAt: start + 20_000 },
      ...{ attempt: 0, attemptsLeft: 5 },
    });
    expect(record).not.toHaveProperty('lastError');
    expect(errors).toEqual([]);
    expect(counts).not.toHaveProperty('retried');
    expect(world.lanes.waiting('normal')).toEqual([{ job: record.sk, inSeconds: 20 }]);
    await world.clock.advance(20_000);
    const attempts: number[] = [];
    const again = async (_: unknown, job: JobContext) => void attempts.push(job.attempt);
    await worker(world, again as never).invoke('normal');
    expect(attempts).toEqual([1]);
    expect(world.store.peek(record.sk)).toMatchObject({ status: 'completed', fence: 2, attempt: 1 });
  });

  it('for longer than a message can wait is brought back by release', async () => {
    const { world, record } = await runOnce((_, job) => job.snooze(3_600));
    expect(record).toMatchObject({
      ...{ status: 'scheduled', availableAt: start + 3_600_000 },
      ...{ attention: expect.stringMatching(/^due#/), attentionAt: start + 2_700_000 },
    });
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('beyond a year after its creation fails, and says so: its payload would be gone', async () => {
    const yearSeconds = 365 * 24 * 60 * 60;
    const { record } = await runOnce((_, job) => job.snooze(yearSeconds));
    expect(record).toMatchObject({ status: 'scheduled', availableAt: start + yearSeconds * 1000 });
    const { record: late, errors } = await runOnce((_, job) => job.snooze(yearSeconds), {
      sk: aJobId({ at: start - 1_000 }),
    });
    expect(late).toMatchObject({ status: 'failed', lastError: { code: 'validation' } });
    expect(errors[0]?.message).toContain("a year after the job's creation");
  });

  it.each([-1, 1.5, Number.NaN, 31_536_001])('for %s seconds fails: no repeat can help', async (seconds) => {
    const { record } = await runOnce((_, job) => job.snooze(seconds));
    expect(record).toMatchObject({ status: 'failed', lastError: { code: 'validation' } });
  });
});

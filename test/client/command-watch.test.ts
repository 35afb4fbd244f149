import { describe, expect, test } from 'vitest';
import { aFailedJob, aJob, jobId, otherId } from './a-job.ts';
import { aTaskq } from './run-taskq.ts';

describe('watch', () => {
  test('shows each change, then what did not complete, and exits 1', async () => {
    const { taskq, received } = await aTaskq({
      getJob: ({ id }, nth) => {
        if (id === otherId) return { status: 200, body: aJob({ id: otherId, status: 'completed' }) };
        return { status: 200, body: nth < 3 ? aJob() : aFailedJob() };
      },
    });
    const { code, stdout } = await taskq(['watch', jobId, otherId]);
    expect(code).toBe(1);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 2)).toEqual([
      '1/2 final: 1 completed, 1 pending',
      '2/2 final: 1 failed, 1 completed',
    ]);
    expect(lines[3]).toContain(`${jobId}  echo  failed`);
    expect(lines[4]).toBe(`Why: taskq get ${jobId}`);
    expect(received.map((call) => call.id)).toEqual([jobId, otherId, jobId]);
  });

  test('by tag, all pages of the last day', async () => {
    const { taskq, received } = await aTaskq({
      listJobs: (_call, nth) => ({
        status: 200,
        body: { jobs: [aJob({ status: 'completed' })], ...(nth === 1 ? { cursor: 'c' } : {}) },
      }),
    });
    const { code, stdout, stderr } = await taskq(['watch', '--tag', 'import', '--json']);
    expect({ code, jobs: JSON.parse(stdout).jobs.length, stderr }).toEqual({
      code: 0,
      jobs: 2,
      stderr: '2/2 final: 2 completed\n',
    });
    expect(received[0]?.query).toMatchObject({ tag: ['import'], limit: 200, since: expect.any(String) });
  });

  test('an operation on many tells what it did; one that its canary stopped exits 1', async () => {
    let stopped = {};
    const { taskq } = await aTaskq({
      getJob: () => ({ status: 200, body: aJob({ type: 'taskq.retry', status: 'completed' }) }),
      getResult: () => ({
        status: 200,
        body: { status: 'completed', result: { matched: 12, retried: 1, skipped: 2, ...stopped } },
      }),
    });
    const told = `1/1 final: 1 completed\n${jobId} retried 1 of 12, skipped 2`;
    const again = '. How they end is not waited for; which of them fail again: taskq failures --since ';
    const more = `${again}2026-11-22T03:00:00.000Z. More: taskq get ${jobId} --result\n`;
    expect(await taskq(['watch', jobId])).toMatchObject({ code: 0, stdout: told + more });
    stopped = { stopped: 'canary' };
    expect(await taskq(['watch', jobId])).toMatchObject({
      code: 1,
      stdout: `${told}; its canary went badly and stopped it${more}`,
    });
    expect(await taskq(['watch', jobId, '--json'])).toMatchObject({ code: 1 });
  });

  test('nothing to watch exits 3, nothing named or both 2', async () => {
    const { taskq } = await aTaskq({ listJobs: () => ({ status: 200, body: { jobs: [] } }) });
    expect(await taskq(['watch', '--tag', 'none'])).toMatchObject({ code: 3, stdout: 'no job matches\n' });
    expect(await taskq(['watch'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('what is to be watched?'),
    });
    expect(await taskq(['watch', jobId, '--tag', 'a'])).toMatchObject({ code: 2 });
  });
});

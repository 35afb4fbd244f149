import { describe, expect, test } from 'vitest';
import { aJob, jobId } from './a-job.ts';
import { aProblem } from './api-server.ts';
import { aTaskq } from './run-taskq.ts';

const operation = aJob({ type: 'taskq.retry', queue: 'taskq' });
const ofCancel = aJob({ type: 'taskq.cancel', queue: 'taskq' });
const none = { skipped: 0, reasons: {}, examples: [] };
const completed = (result: object) => () => ({ status: 200, body: { status: 'completed', result } });

describe('retry --wait of many', () => {
  const retry = ['retry', '--type', 'echo', '--tag', 'import', '--yes', '--wait'];
  const ends = async (result: object, more: string[] = []) => {
    const { taskq, received } = await aTaskq({
      retryMany: (call) =>
        (call.body as { dry_run?: boolean }).dry_run
          ? {
              status: 200,
              body: {
                ...{ matched: 10, more: false },
                patch: {
                  tried: 1,
                  misfits: [
                    {
                      ...{ job_id: jobId, reason: 'invalid_payload' },
                      details: [{ path: '/payload/mode', message: 'must be one of …' }],
                    },
                  ],
                },
              },
            }
          : { status: 202, body: operation },
      getResult: completed(result),
    });
    const ran = await taskq([...retry, ...more]);
    return { ...ran, told: ran.stderr.split('\n').slice(1, -1), received };
  };

  test('that retried some says where those that fail again are seen: exit status 0', async () => {
    const reasons = { in_workflow: 2 };
    const result = { ...none, matched: 12, retried: 10, skipped: 2, reasons };
    const { code, told, stdout } = await ends(result);
    expect([code, JSON.parse(stdout)]).toEqual([0, result]);
    expect(told).toEqual([
      'retried 10 of 12, skipped 2 (in_workflow 2). How they end is not waited for; which of them fail again: ' +
        "taskq failures --since 2026-11-22T03:00:00.000Z --type echo --tag 'import'",
    ]);
  });

  test('that skipped all says why and where, as its dry run does: exit status 1', async () => {
    const result = { ...none, matched: 10, retried: 0, skipped: 10, reasons: { invalid_payload: 10 } };
    const { code, told } = await ends(result, ['--patch', '{"mode": "xx"}']);
    expect(code).toBe(1);
    expect(told).toEqual([
      'retried 0 of 10, skipped 10 (invalid_payload 10)',
      'the patch was tried on 1: 0 can be retried so',
      `  ${jobId} invalid_payload; /payload/mode must be one of …`,
    ]);
  });

  test('that matched none says so: exit status 3, also for machines', async () => {
    const result = { ...none, matched: 0, retried: 0 };
    const { code, told } = await ends(result);
    expect([code, told]).toEqual([3, ['no job matched: nothing was done']]);
    expect(await ends(result, ['--json'])).toMatchObject({ code: 3, stderr: '' });
  });

  test('that was cancelled says what it had done', async () => {
    const progress = { percent: 5, note: 'retried 75 of 1500, skipped 0', at: '2026-11-22T03:00:02.000Z' };
    const { taskq } = await aTaskq({
      retryMany: () => ({ status: 202, body: operation }),
      getResult: () => aProblem(409, 'no_result', 'it was cancelled'),
      getJob: () => ({ status: 200, body: { ...operation, status: 'cancelled', progress } }),
    });
    const said = `${jobId} is cancelled; what it had done stays done, at least: 5 %, retried 75 of 1500, skipped 0\n`;
    expect(await taskq(retry)).toMatchObject({ code: 1, stdout: said });
    const watched = await taskq(['watch', jobId]);
    expect(watched).toMatchObject({ code: 1, stdout: expect.stringContaining(said) });
    expect(watched.stdout).not.toContain('Why:');
    expect(await taskq(['get', jobId, '--result'])).toMatchObject({
      code: 4,
      stdout: expect.stringContaining(`\nresult\nnone: ${said}`),
    });
  });
});

test.each([
  [['retry', '--type', 'echo'], { matched: 0, more: false }, 3, 'no job matches\n'],
  [['cancel', '--type', 'echo'], { matched: 0, more: false }, 3, 'no job matches\n'],
  [['retry', '--type', 'echo'], { matched: 0, more: true }, 0, 'at least 0 jobs match\n'],
])('a dry run, %j of %j: exit status %i', async (args, body, status, text) => {
  const reply = () => ({ status: 200, body });
  const { taskq } = await aTaskq({ retryMany: reply, cancelMany: reply });
  expect(await taskq([...args, '--dry-run'])).toMatchObject({ code: status, stdout: text });
});

test.each([
  [{ ...none, matched: 4, cancelled: 3, skipped: 1, reasons: { changed: 1 } }, 0],
  [{ ...none, matched: 1, cancelled: 0, skipped: 1, reasons: { changed: 1 } }, 1],
  [{ ...none, matched: 0, cancelled: 0 }, 3],
])('cancel --wait of many, and watch of it, %j: exit status %i', async (result, status) => {
  const { taskq } = await aTaskq({
    cancelMany: () => ({ status: 202, body: ofCancel }),
    getResult: completed(result),
    getJob: () => ({ status: 200, body: { ...ofCancel, status: 'completed' } }),
  });
  expect((await taskq(['cancel', '--type', 'echo', '--yes', '--wait'])).code).toBe(status);
  expect((await taskq(['watch', jobId])).code).toBe(status);
});

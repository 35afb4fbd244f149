import { describe, expect, test } from 'vitest';
import { aJob, jobId, otherId, someErrors } from './a-job.ts';
import { aProblem } from './api-server.ts';
import { aTaskq } from './run-taskq.ts';

const fingerprint = '57d20ae1b6927b3b';
const group = {
  ...{ fingerprint, type: 'echo', queue: 'default', code: 'network', cause: 'transient_error' },
  ...{ code_version: 'abc123', count: 12 },
  first_at: '2026-11-22T03:00:00.000Z',
  last_at: '2026-11-22T04:00:00.000Z',
  examples: [jobId],
};
const operation = aJob({ type: 'taskq.retry', queue: 'taskq' });
const result = { matched: 12, retried: 12, skipped: 0, reasons: {}, examples: [] };

describe('failures', () => {
  test('are a table, with what an example said; groups of several answers are added up', async () => {
    const more = {
      ...group,
      count: 3,
      first_at: '2026-11-22T02:00:00.000Z',
      last_at: '2026-11-22T02:30:00.000Z',
    };
    const other = { ...group, fingerprint: 'beee316e2db7bb21', count: 14, examples: [otherId] };
    const { taskq, received } = await aTaskq({
      listFailures: ({ query }) =>
        query.cursor === undefined
          ? { status: 200, body: { groups: [group], looked_at: 12, cursor: 'c1' } }
          : { status: 200, body: { groups: [other, more], looked_at: 17 } },
      getErrors: ({ id }) =>
        id === jobId ? { status: 200, body: someErrors } : aProblem(404, 'not_found', 'there is none'),
    });
    const { code, stdout } = await taskq(['failures', '--type', 'echo', '--tag', 'import']);
    expect(code).toBe(0);
    expect(stdout.replaceAll(/\d+[smhd] ago/g, 'AGE').split('\n')).toEqual([
      expect.stringMatching(/^FINGERPRINT\s+JOBS\s+TYPE\s+WHY\s+CODE\s+LAST\s+EXAMPLE\s+ITS MESSAGE$/),
      expect.stringMatching(
        new RegExp(
          `^${fingerprint}\\s+15\\s+echo\\s+transient_error, network\\s+abc123\\s+AGE\\s+${jobId}\\s+connect ECONNREFUSED 2$`,
        ),
      ),
      expect.stringMatching(new RegExp(`^beee316e2db7bb21\\s+14\\s+echo.*${otherId}$`)),
      `To run a group again: taskq retry --fingerprint ${fingerprint}`,
      '',
    ]);
    expect(received.filter(({ route }) => route === 'listFailures').map(({ query }) => query)).toEqual([
      { type: 'echo', tag: ['import'] },
      { type: 'echo', tag: ['import'], cursor: 'c1' },
    ]);
  });

  test('those of jobs of workflows are marked, and their workflow is what can be retried', async () => {
    const part = { ...group, workflow_id: otherId };
    let groups: object[] = [part, { ...group, fingerprint: 'beee316e2db7bb21' }];
    const { taskq } = await aTaskq({
      listFailures: () => ({ status: 200, body: { groups, looked_at: 24 } }),
      getErrors: () => ({ status: 200, body: someErrors }),
    });
    const lines = (await taskq(['failures'])).stdout.split('\n');
    expect(lines[1]).toContain('echo in workflows');
    expect(lines.slice(3)).toEqual([
      'To run a group again: taskq retry --fingerprint beee316e2db7bb21',
      `To go on with a workflow: taskq workflow retry ${otherId}`,
      '',
    ]);
    groups = [part];
    expect((await taskq(['failures'])).stdout).not.toContain('To run a group again');
    // The same group in two answers, of workflows in one alone.
    const { workflow_id: _, ...alone } = part;
    groups = [part, alone];
    expect((await taskq(['failures'])).stdout).not.toContain('workflow');
  });

  test('for machines are one document', async () => {
    const { taskq } = await aTaskq({
      listFailures: () => ({ status: 200, body: { groups: [group], looked_at: 12 } }),
    });
    expect(JSON.parse((await taskq(['failures', '--json'])).stdout)).toEqual({
      groups: [group],
      looked_at: 12,
    });
  });

  test('none', async () => {
    const { taskq } = await aTaskq({
      listFailures: () => ({ status: 200, body: { groups: [], looked_at: 0 } }),
    });
    expect(await taskq(['failures'])).toMatchObject({ code: 0, stdout: 'no failed job matches\n' });
  });
});

describe('retry of many', () => {
  test('with patch and canary, waiting for its end', async () => {
    const { taskq, received } = await aTaskq({
      retryMany: () => ({ status: 202, body: operation }),
      getResult: () => ({ status: 200, body: { status: 'completed', result } }),
    });
    const { code, stdout } = await taskq([
      ...['retry', '--fingerprint', fingerprint, '--patch', '{"url": "https://example.com"}'],
      ...['--canary', '5%', '--max-failure-rate', '2.5%', '--canary-wait', '10m', '--yes', '--wait'],
    ]);
    expect([code, JSON.parse(stdout)]).toEqual([0, result]);
    expect(received[0]).toMatchObject({
      route: 'retryMany',
      key: expect.stringMatching(/^[0-9a-f-]{36}$/),
      body: {
        ...{ fingerprint, patch: { url: 'https://example.com' }, dry_run: false },
        canary: { percent: 5, max_failure_rate: 0.025, wait_seconds: 600 },
      },
    });
  });

  test('that its canary stopped: exit status 1', async () => {
    const stopped = { ...result, retried: 1, stopped: 'canary' };
    const { taskq } = await aTaskq({
      retryMany: () => ({ status: 202, body: operation }),
      getResult: () => ({ status: 200, body: { status: 'completed', result: stopped } }),
    });
    const { code, stdout } = await taskq(['retry', '--type', 'echo', '--canary', '5', '--yes', '--wait']);
    expect([code, JSON.parse(stdout)]).toEqual([1, stopped]);
  });

  test('without waiting says which job does it', async () => {
    const { taskq } = await aTaskq({ retryMany: () => ({ status: 202, body: operation }) });
    expect(
      await taskq(['retry', '--status', 'failed', '--since', '2026-11-22T03:00:00Z', '--yes']),
    ).toMatchObject({
      code: 0,
      stdout: `${jobId} does it; watch: taskq watch ${jobId}\n`,
    });
  });

  test('as a dry run says how many', async () => {
    const { taskq, received } = await aTaskq({
      retryMany: () => ({ status: 200, body: { matched: 10_000, more: true } }),
    });
    expect((await taskq(['retry', '--type', 'echo', '--dry-run'])).stdout).toBe(
      'at least 10000 jobs match\n',
    );
    expect(received.map(({ body }) => body)).toEqual([{ type: 'echo', dry_run: true }]);
  });

  test.each([
    [{ matched: 4, more: false, in_workflow: 4 }, 1, '4 jobs match; 4'],
    [{ matched: 4, more: false, in_workflow: 1 }, 0, '4 jobs match; 1'],
    [{ matched: 10_000, more: true, in_workflow: 30 }, 0, 'at least 10000 jobs match; at least 30'],
  ])('as a dry run counts jobs of workflows apart: %j', async (body, status, counts) => {
    const { taskq } = await aTaskq({ retryMany: () => ({ status: 200, body }) });
    const { code, stdout } = await taskq(['retry', '--type', 'echo', '--dry-run']);
    const rest = ' of them in workflows, which are retried as wholes: left as they are\n';
    expect([code, stdout]).toEqual([status, counts + rest]);
  });

  test('as a dry run whose patch fits none: exit status 1', async () => {
    const misfits = [{ job_id: jobId, reason: 'payload_expired' }];
    const { taskq } = await aTaskq({
      retryMany: () => ({ status: 200, body: { matched: 1, more: false, patch: { tried: 1, misfits } } }),
    });
    const { code } = await taskq(['retry', '--type', 'echo', '--patch', '{"url": 1}', '--dry-run', '--json']);
    expect(code).toBe(1);
  });

  test('as a dry run with a patch says which jobs it does not fit', async () => {
    const misfits = [
      {
        job_id: jobId,
        reason: 'invalid_payload',
        details: [
          { path: '/payload/url', message: 'must be a string' },
          { path: '/payload/x', message: 'unknown field' },
        ],
      },
      { job_id: jobId, reason: 'in_workflow' },
    ];
    const { taskq } = await aTaskq({
      retryMany: () => ({ status: 200, body: { matched: 12, more: false, patch: { tried: 10, misfits } } }),
    });
    const ran = await taskq(['retry', '--type', 'echo', '--patch', '{"url": 1}', '--dry-run']);
    const { code, stdout } = ran;
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      '12 jobs match',
      'the patch was tried on 10: 8 can be retried so',
      `  ${jobId} invalid_payload; /payload/url must be a string; /payload/x unknown field`,
      `  ${jobId} in_workflow`,
      '',
    ]);
  });

  test.each([
    ['neither id nor filter', ['retry']],
    ['both', ['retry', jobId, '--type', 'echo']],
    ['nobody to ask', ['retry', '--type', 'echo']],
    ['a payload for many', ['retry', '--type', 'echo', '--payload', '{}', '--yes']],
    ['no percentage', ['retry', '--type', 'echo', '--canary', 'few', '--yes']],
    ['a canary below one in a hundred', ['retry', '--type', 'echo', '--canary', '0.5%', '--yes']],
    ['a bound of no canary', ['retry', '--type', 'echo', '--max-failure-rate', '5%', '--yes']],
    ['a dry run of one', ['retry', jobId, '--dry-run']],
    ['a patch of one', ['retry', jobId, '--patch', '{}']],
    ['a canary of one', ['retry', jobId, '--canary', '5%']],
    ['a dry run of one cancel', ['cancel', jobId, '--dry-run']],
  ])('%s: exit status 2, nothing sent', async (_, args) => {
    const { taskq, received } = await aTaskq({});
    const { code, stderr } = await taskq(args);
    expect([code, received]).toEqual([2, []]);
    expect(stderr).toMatch(/^taskq: |^error: /);
  });

  test.each([
    ['a patch that is no JSON', ['--patch', '{bad'], 'the patch {bad is not JSON'],
    ['a canary that is no percentage', ['--canary', 'abc'], 'It is a percentage from 1% to 50%, such as 5%.'],
    ['a time that is none', ['--since', 'yesterday'], '"yesterday" is no time: give 10m'],
  ])('with %s: exit status 2 and what is allowed', async (_, args, message) => {
    const { taskq, received } = await aTaskq({});
    const { code, stderr } = await taskq(['retry', '--type', 'echo', '--yes', ...args]);
    expect([code, received]).toEqual([2, []]);
    expect(stderr).toContain(message);
  });

  test('that the API refuses: exit status 4', async () => {
    const { taskq } = await aTaskq({ retryMany: () => aProblem(400, 'invalid_request', 'not so') });
    expect((await taskq(['retry', '--type', 'echo', '--canary', '5', '--yes'])).code).toBe(4);
  });
});

describe('retry of one with --wait', () => {
  test('shows its result', async () => {
    const { taskq } = await aTaskq({
      retryJob: () => ({ status: 200, body: aJob({ status: 'pending' }) }),
      getResult: () => ({ status: 200, body: { status: 'completed', result: { sum: 3 } } }),
    });
    const { code, stdout, stderr } = await taskq(['retry', jobId, '--wait']);
    expect([code, JSON.parse(stdout)]).toEqual([0, { sum: 3 }]);
    expect(stderr).toBe(`${jobId} is pending again, with 5 attempts, waiting\n`);
  });

  test('an operation that its canary stops again: exit status 1', async () => {
    const { taskq } = await aTaskq({
      retryJob: () => ({ status: 200, body: operation }),
      getResult: () => ({
        status: 200,
        body: { status: 'completed', result: { ...result, stopped: 'canary' } },
      }),
    });
    expect(await taskq(['retry', jobId, '--wait'])).toMatchObject({ code: 1 });
  });

  test('that fails again: exit status 1, and where to look', async () => {
    const failed = aJob({ status: 'failed' });
    const { taskq } = await aTaskq({
      retryJob: () => ({ status: 200, body: aJob({ status: 'pending' }) }),
      getResult: () => aProblem(409, 'no_result', 'it failed'),
      getJob: () => ({ status: 200, body: failed }),
    });
    const { code, stdout } = await taskq(['retry', jobId, '--wait']);
    expect([code, stdout]).toEqual([1, `${jobId} is failed; why: taskq get ${jobId}\n`]);
  });
});

describe('cancel of many', () => {
  test('by type and tag', async () => {
    const cancelled = { matched: 5, cancelled: 5, skipped: 0, reasons: {}, examples: [] };
    const { taskq, received } = await aTaskq({
      cancelMany: () => ({ status: 202, body: { ...operation, type: 'taskq.cancel' } }),
      getResult: () => ({ status: 200, body: { status: 'completed', result: cancelled } }),
    });
    const { code, stdout } = await taskq(['cancel', '--type', 'echo', '--tag', 'import', '--yes', '--wait']);
    expect([code, JSON.parse(stdout)]).toEqual([0, cancelled]);
    expect(received[0]?.body).toEqual({ type: 'echo', tags: ['import'], dry_run: false });
  });

  test('with an id and a filter is refused', async () => {
    const { taskq, received } = await aTaskq({});
    expect([(await taskq(['cancel', jobId, '--status', 'pending'])).code, received]).toEqual([2, []]);
  });
});

import { describe, expect, test } from 'vitest';
import { aFailedJob, aJob, jobId, otherId, someErrors } from './a-job.ts';
import { aWorkflow, workflowId } from './a-workflow.ts';
import { aProblem, gateway } from './api-server.ts';
import { aTaskq, command, runNode } from './run-taskq.ts';

describe('get', () => {
  test('a failed job is explained', async () => {
    const { taskq } = await aTaskq({
      getJob: () => ({ status: 200, body: aFailedJob({ tags: ['import'] }) }),
      getErrors: () => ({ status: 200, body: someErrors }),
    });
    const { code, stdout } = await taskq(['get', jobId]);
    expect(code).toBe(0);
    // Ages are of the real clock.
    expect(stdout.replaceAll(/(\d+[smhd] ago|in \d+[smhd])/g, 'AGE')).toBe(
      [
        `id        ${jobId}`,
        'type      echo',
        'status    failed',
        'tenant    default',
        'queue     default, lane normal (priority 4)',
        'attempts  2 of 2, 30s each at most',
        'tags      import',
        'created   AGE (2026-11-22T03:00:00.000Z) by arn:aws:iam::000000000000:root',
        'started   AGE (2026-11-22T03:00:30.000Z)',
        'finished  AGE (2026-11-22T03:00:31.500Z)',
        'last run  1500 ms',
        '',
        'Failed at attempt 2 of 2: the handler failed in a way that a repeat may cure (transient_error, network).',
        '  attempt 1, AGE, network: connect ECONNREFUSED 1',
        '  attempt 2, AGE, network: connect ECONNREFUSED 2',
        `  To run it again: taskq retry ${jobId}`,
        '',
      ].join('\n'),
    );
  });

  test('a cancel that was asked for while it ran is told of after its end too', async () => {
    const asked = { cancel_requested_at: '2026-11-22T03:00:31.000Z' };
    let job = aJob({ status: 'running', ...asked });
    const { taskq } = await aTaskq({ getJob: () => ({ status: 200, body: job }) });
    const line = /^cancel asked\s+\d+\w+ ago \(2026-11-22T03:00:31\.000Z\)$/m;
    expect((await taskq(['get', jobId])).stdout).toMatch(line);
    job = aJob({ status: 'cancelled', ...asked });
    expect((await taskq(['get', jobId])).stdout).toMatch(line);
  });

  test('a job that runs says until when its lease holds, or since when it does not', async () => {
    let job = aJob({ status: 'running', available_at: '2999-01-01T00:00:00.000Z' });
    const { taskq } = await aTaskq({ getJob: () => ({ status: 200, body: job }) });
    expect((await taskq(['get', jobId])).stdout).toMatch(
      /^lease\s+until 2999-01-01T00:00:00\.000Z \(in \d+d\); its worker is taken for dead after that$/m,
    );
    job = aJob({ status: 'running', available_at: '2026-11-22T03:00:45.000Z' });
    expect((await taskq(['get', jobId])).stdout).toMatch(
      /^lease\s+over since 2026-11-22T03:00:45\.000Z \(\d+\w+ ago\): its worker is taken for dead, and/m,
    );
    job = aJob({ status: 'scheduled' });
    expect((await taskq(['get', jobId])).stdout).not.toContain('lease');
  });

  test('a job that waits for others says for which; one that waited in vain, for which', async () => {
    let job = aJob({
      status: 'waiting_dependencies',
      dependencies: [{ id: otherId, on_failure: 'cancel' }],
      waits_for: [{ id: otherId, status: 'running' }],
    });
    const { taskq } = await aTaskq({
      getJob: () => ({ status: 200, body: job }),
      getErrors: () => ({ status: 200, body: { errors: [] } }),
    });
    const { stdout } = await taskq(['get', jobId]);
    expect(stdout).toContain(`waits for  ${otherId} (running)\n`);
    expect(stdout).not.toContain('due');
    const code = 'dependency_failed';
    job = aJob({
      status: 'cancelled',
      attempt: 0,
      last_error: { code, cause: code, attempt: 0, at: job.created_at, dependency: otherId },
    });
    expect((await taskq(['get', jobId])).stdout).toContain(
      `Cancelled: job ${otherId}, which it waited for, failed or was cancelled. To see why: taskq get ${otherId}\n`,
    );
  });

  test('a job that is retried is explained too, and the command to come is named as this one was called', async () => {
    const last_error = aFailedJob().last_error!;
    const errors = [{ ...someErrors.errors[0]!, attempt: 1, run: 7 }];
    const retrying = aJob({ status: 'retrying', attempt: 1, last_error: { ...last_error, attempt: 1 } });
    let job = retrying;
    const { taskq } = await aTaskq({
      getJob: () => ({ status: 200, body: job }),
      getErrors: () => ({ status: 200, body: { errors } }),
    });
    const { stdout } = await taskq(['get', jobId]);
    expect(stdout).toContain('Its last failure was at attempt 1 of 5: the handler failed in a way');
    expect(stdout.replace(/\d+[smhd] ago|in \d+[smhd]/g, 'AGE')).toContain(
      '  attempt 1 (run 7), AGE, network: ',
    );
    job = { ...retrying, status: 'completed' };
    expect((await taskq(['get', jobId])).stdout).not.toContain('failure');
    job = aFailedJob();
    const env = { npm_lifecycle_event: 'npx', npm_command: 'exec' };
    expect((await taskq(['get', jobId], { env })).stdout).toContain(`again: npx taskq retry ${jobId}`);
  });

  test('what may not be read of a failed job is said, the rest shown', async () => {
    const { taskq } = await aTaskq({
      getJob: () => ({ status: 200, body: aFailedJob() }),
      getErrors: () => gateway('AccessDeniedException', 'User is not authorized'),
    });
    const { code, stdout } = await taskq(['get', jobId]);
    expect(code).toBe(0);
    expect(stdout).toContain('Failed at attempt 2 of 2');
    expect(stdout).toContain('What each attempt said cannot be shown: GET');
  });

  test('--payload, --result and --errors add theirs', async () => {
    const { taskq } = await aTaskq({
      getJob: () => ({ status: 200, body: aFailedJob({ status: 'completed' }) }),
      getPayload: () => ({ status: 200, body: { payload: { message: 'in' } } }),
      getResult: () => ({ status: 200, body: { status: 'completed', result: { message: 'out' } } }),
      getErrors: () => ({ status: 200, body: someErrors }),
    });
    const { stdout } = await taskq(['get', jobId, '--payload', '--result', '--errors']);
    expect(stdout).toContain('\npayload\n{\n  "message": "in"\n}\n\nresult\n{\n  "message": "out"\n}\n');
    expect(stdout).toContain('Its last failure was at attempt 2 of 2');
    expect(stdout).toContain('attempt 2\nError: connect\n    at attempt2');
    expect((await taskq(['get', jobId, '--result', '--json'])).stdout).toBe(
      '{"status":"completed","result":{"message":"out"}}\n',
    );
    const both = await taskq(['get', jobId, '--result', '--payload', '--json']);
    expect(both.code).toBe(2);
    expect(both.stderr).toContain('--json shows one answer of the API, and 2 were asked for');
  });

  test('text of a job cannot steer the terminal', async () => {
    const errors = [{ ...someErrors.errors[0]!, message: 'a\u001b]0;owned\u0007\u001b[2Jb\rc' }];
    const { taskq } = await aTaskq({
      getJob: () => ({ status: 200, body: aFailedJob() }),
      getErrors: () => ({ status: 200, body: { errors } }),
    });
    expect((await taskq(['get', jobId])).stdout).toContain('network: a\\x1b]0;owned\\x07\\x1b[2Jb\\x0dc\n');
  });

  test('a job that is not there exits 3, an id that is none 2', async () => {
    const { taskq, received } = await aTaskq({
      getJob: () => aProblem(404, 'not_found', `there is no job ${jobId}`),
      getWorkflow: () => aProblem(404, 'not_found', 'nor such a workflow'),
    });
    expect(await taskq(['get', jobId])).toEqual({
      code: 3,
      stdout: '',
      stderr: `taskq: there is no job ${jobId} (404 not_found)\n  request req-1\n`,
    });
    const ran = await taskq(['get', '../jobs']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(
      ' is not allowed for <id>. A job id looks like 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03.',
    );
    expect(received.map(({ route }) => route)).toEqual(['getJob', 'getWorkflow']);
  });

  test.each(['get', 'watch', 'cancel', 'retry'])(
    '%s: the id of a workflow is told as one, and still exits 3',
    async (verb) => {
      const none = () => aProblem(404, 'not_found', 'there is none');
      const { taskq } = await aTaskq({
        getJob: none,
        cancelJob: none,
        retryJob: none,
        getWorkflow: () => ({ status: 200, body: aWorkflow() }),
      });
      const { code, stderr } = await taskq([verb, workflowId]);
      expect(code).toBe(3);
      expect(stderr).toContain(`${workflowId} is a workflow, no job: taskq workflow ${verb} ${workflowId}`);
    },
  );

  test('a failed job of a workflow names it, and that the workflow is to be retried', async () => {
    const { taskq } = await aTaskq({
      getJob: () => ({ status: 200, body: aFailedJob({ workflow_id: workflowId, tenant: 'acme' }) }),
      getErrors: () => ({ status: 200, body: someErrors }),
    });
    const { stdout } = await taskq(['get', jobId]);
    expect(stdout).toContain(`workflow  ${workflowId}\n`);
    expect(stdout).toContain(
      `  To go on with its workflow: taskq workflow retry ${workflowId} --tenant acme\n`,
    );
    expect(stdout).not.toContain(`retry ${jobId}`);
  });
});

describe('list', () => {
  test('is a table of whole ids', async () => {
    const failed = aFailedJob({ id: otherId, type: 'csv.summarize', tags: ['a', 'b'] });
    const { taskq } = await aTaskq({
      listJobs: () => ({ status: 200, body: { jobs: [failed, aJob({ gate: 'breaker' })] } }),
    });
    const { code, stdout } = await taskq(['list']);
    expect(code).toBe(0);
    const lines = stdout
      .replaceAll(/ (\d+[smhd] ago|in \d+[smhd])/g, ' AGE')
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(lines).toEqual([
      ['ID', 'TYPE', 'STATUS', 'PRIO', 'TRIES', 'CREATED', 'TAGS', 'NOTE'],
      [otherId, 'csv.summarize', 'failed', '4', '2/2', 'AGE', 'a,b', 'network'],
      [jobId, 'echo', 'pending', '4', '0/5', 'AGE', 'held by breaker'],
      [''],
    ]);
  });

  test('notes what a job waits for, and whose job it is', async () => {
    const waiting = aJob({
      status: 'waiting_dependencies',
      dependencies: [jobId, otherId].map((id) => ({ id, on_failure: 'cancel' as const })),
    });
    const part = aFailedJob({ workflow_id: workflowId });
    const { taskq } = await aTaskq({ listJobs: () => ({ status: 200, body: { jobs: [waiting, part] } }) });
    const [, first, second] = (await taskq(['list'])).stdout.split('\n');
    expect(first).toMatch(/ waits for 2 jobs$/);
    expect(second).toMatch(new RegExp(` network, workflow ${workflowId}$`));
  });

  test('filters are those of the API; a time ago becomes a time', async () => {
    const { taskq, received } = await aTaskq({ listJobs: () => ({ status: 200, body: { jobs: [] } }) });
    const options =
      '--status failed --type echo --queue q --tag a --tag b --until 2026-11-22T00:00:00Z --limit 7 --cursor c';
    expect((await taskq(['list', ...options.split(' '), '--since', '2h'])).stdout).toBe('no job matches\n');
    const { since, ...others } = received[0]?.query ?? {};
    expect(since).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(others).toEqual({
      status: 'failed',
      type: 'echo',
      queue: 'q',
      tag: ['a', 'b'],
      until: '2026-11-22T00:00:00Z',
      limit: 7,
      cursor: 'c',
    });
  });

  test('goes on over empty pages to the limit, and gives the cursor of what is left', async () => {
    const pages = [
      { jobs: [], cursor: 'c1' },
      { jobs: [aJob()], cursor: 'c2' },
      { jobs: [aJob(), aJob()], cursor: 'c3' },
    ];
    const { taskq, received } = await aTaskq({
      listJobs: (_call, nth) => ({ status: 200, body: pages[nth - 1] }),
    });
    const { stdout } = await taskq(['list', '--limit', '3', '--json']);
    expect(JSON.parse(stdout)).toEqual({ jobs: [aJob(), aJob(), aJob()], cursor: 'c3' });
    expect(received.map((call) => call.query)).toEqual([
      { limit: 3 },
      { limit: 3, cursor: 'c1' },
      { limit: 2, cursor: 'c2' },
    ]);
  });

  test('a reader that leaves early is no failure', async () => {
    const jobs = Array.from({ length: 200 }, () => aJob());
    const { folder, taskq } = await aTaskq({ listJobs: () => ({ status: 200, body: { jobs } }) });
    expect((await taskq(['list', '--limit', '200'])).stdout.length).toBeGreaterThan(10_000);
    const script = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, [${JSON.stringify(command)}, 'list', '--limit', '200']);
      child.stdout.destroy();
      child.stderr.pipe(process.stderr);
      child.on('exit', (code) => { process.exitCode = code; });`;
    expect(await runNode(['-e', script], folder)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

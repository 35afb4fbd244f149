import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { aFailedJob, aJob, jobId, otherId } from './a-job.ts';
import { aProblem, gateway, type Replies, startApi } from './api-server.ts';
import { aFolder, command, runNode } from './run-taskq.ts';

// Each run starts a process: on a busy machine the default of 5 s is no sign of a fault.
vi.setConfig({ testTimeout: 60_000 });

const closing: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** The command in a folder whose local.json names a scripted API. */
async function aTaskq(replies: Replies) {
  const api = await startApi(replies);
  const folder = aFolder(api.apiUrl);
  closing.push(api.close, folder.remove);
  const taskq = (args: string[], options?: Parameters<typeof runNode>[2]) =>
    runNode([command, ...args], folder.path, options);
  return { taskq, received: api.received, folder: folder.path, apiUrl: api.apiUrl };
}

const created = () => ({ status: 201, body: aJob() });
const someErrors = {
  errors: [1, 2].map((attempt) => ({
    code: 'network',
    cause: 'transient_error',
    message: `connect ECONNREFUSED ${attempt}`,
    stack: `Error: connect\n    at attempt${attempt}`,
    attempt,
    at: '2026-11-22T03:00:31.500Z',
  })),
};

describe('enqueue', () => {
  test('says id, type, queue and status', async () => {
    const { taskq, received } = await aTaskq({ enqueueJob: created });
    const ran = await taskq(['enqueue', 'echo', '{"message": "hi"}']);
    expect(ran).toEqual({
      code: 0,
      stdout: '019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03 enqueued: echo, queue default, lane normal, pending\n',
      stderr: '',
    });
    expect(received[0]?.body).toEqual({ type: 'echo', payload: { message: 'hi' } });
  });

  test('every option is a field of the API, or the key', async () => {
    const { taskq, received } = await aTaskq({ enqueueJob: created });
    const options =
      '--priority 9 --delay 10m --max-attempts 2 --timeout 5s --tag a --tag b --queue q --key k --tenant acme';
    expect((await taskq(['enqueue', 'echo', ...options.split(' ')])).code).toBe(0);
    await taskq(['enqueue', 'echo', '--run-at', '2026-11-23T00:00:00Z']);
    const fields = {
      priority: 9,
      delay_seconds: 600,
      max_attempts: 2,
      timeout_seconds: 5,
      tags: ['a', 'b'],
      queue: 'q',
    };
    expect(received[0]).toMatchObject({ tenant: 'acme', key: 'k' });
    expect(received[0]?.body).toEqual({ type: 'echo', payload: {}, ...fields });
    expect(received[1]?.body).toEqual({ type: 'echo', payload: {}, run_at: '2026-11-23T00:00:00Z' });
  });

  test("--json is the API's JSON", async () => {
    const { taskq } = await aTaskq({ enqueueJob: created });
    const ran = await taskq(['enqueue', 'echo', '--json']);
    expect(JSON.parse(ran.stdout)).toEqual(aJob());
  });

  test('the payload may come from a file or standard input', async () => {
    const { taskq, received, folder } = await aTaskq({ enqueueJob: created });
    writeFileSync(join(folder, 'p.json'), '{"message": "aus der Datei: ü"}');
    await taskq(['enqueue', 'echo', '@p.json']);
    await taskq(['enqueue', 'echo', '-'], { stdin: '["stdin"]' });
    expect(received.map((call) => call.body)).toEqual([
      { type: 'echo', payload: { message: 'aus der Datei: ü' } },
      { type: 'echo', payload: ['stdin'] },
    ]);
  });

  test('--wait shows the result', async () => {
    const { taskq } = await aTaskq({
      enqueueJob: created,
      getResult: () => ({ status: 200, body: { status: 'completed', result: { message: 'hi' } } }),
    });
    const ran = await taskq(['enqueue', 'echo', '--wait']);
    expect(ran).toEqual({
      code: 0,
      stdout: '{\n  "message": "hi"\n}\n',
      stderr: `${jobId} enqueued, waiting\n`,
    });
    const machine = await taskq(['enqueue', 'echo', '--wait', '--json']);
    expect(machine.stdout).toBe('{"status":"completed","result":{"message":"hi"}}\n');
  });

  test('--wait for a job that fails explains and exits 1', async () => {
    const { taskq } = await aTaskq({
      enqueueJob: created,
      getResult: () => aProblem(409, 'no_result', 'it failed'),
      getJob: () => ({ status: 200, body: aFailedJob() }),
      getErrors: () => ({ status: 200, body: someErrors }),
    });
    const ran = await taskq(['enqueue', 'echo', '--wait']);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain(
      'Failed at attempt 2 of 2: the handler failed in a way that a repeat may cure',
    );
  });

  test('what is no payload is told with what is', async () => {
    const { taskq, received } = await aTaskq({});
    const ran = await taskq(['enqueue', 'echo', '{message: hi}']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/^taskq: the payload \{message: hi\} is not JSON: .*; give JSON such as /);
    expect((await taskq(['enqueue', 'echo', '@none.json'])).stderr).toContain('cannot read none.json');
    expect((await taskq(['enqueue'])).stderr).toContain('give either a job type or --batch FILE');
    expect((await taskq(['enqueue', 'echo', '--delay', 'soon'])).stderr).toContain(
      'It is a time such as 90, 90s, 10m',
    );
    expect((await taskq(['enqueue', 'echo', '--priority', 'high'])).stderr).toContain(
      'It is a whole number.',
    );
    expect(received).toEqual([]);
  });

  test('a refusal lists the faults and exits 4', async () => {
    const { taskq } = await aTaskq({
      enqueueJob: () =>
        aProblem(422, 'invalid_payload', 'does not fit', [{ path: '/payload/csv', message: 'must be text' }]),
    });
    const ran = await taskq(['enqueue', 'csv.summarize']);
    expect(ran).toEqual({
      code: 4,
      stdout: '',
      stderr: 'taskq: does not fit (422 invalid_payload)\n  /payload/csv: must be text\n  request req-1\n',
    });
    const machine = await taskq(['enqueue', 'csv.summarize', '--json']);
    expect(JSON.parse(machine.stderr)).toEqual({
      error: 'does not fit',
      code: 'invalid_payload',
      details: [{ path: '/payload/csv', message: 'must be text' }],
      request_id: 'req-1',
    });
  });
});

describe('enqueue --batch', () => {
  const twoLines = '{"type": "echo", "payload": 1}\n\n{"type": "nope", "payload": 2, "tags": ["own"]}\n';
  const oneRefused = {
    results: [
      { id: jobId, status: 'pending' },
      {
        error: 'no such type',
        code: 'unknown_type',
        details: [{ path: '/type', message: 'must be deployed' }],
      },
    ],
  };

  test('names the lines that were refused and exits 4', async () => {
    const { taskq, received } = await aTaskq({ enqueueBatch: () => ({ status: 207, body: oneRefused }) });
    const ran = await taskq(['enqueue', '--batch', '-', '--tag', 'import', '--key', 'k'], {
      stdin: twoLines,
    });
    expect(ran).toEqual({
      code: 4,
      stdout:
        'enqueued 1 of 2 jobs\nLINE  CODE          WHY\n3     unknown_type  no such type: /type must be deployed\n',
      stderr: '',
    });
    expect(received[0]).toMatchObject({
      key: 'k',
      body: {
        jobs: [
          { type: 'echo', payload: 1, tags: ['import'] },
          { type: 'nope', payload: 2, tags: ['own'] },
        ],
      },
    });
  });

  test('more jobs than a request takes go in several, each with its key', async () => {
    const { taskq, received } = await aTaskq({
      enqueueBatch: ({ body }) => ({
        status: 207,
        body: { results: (body as { jobs: unknown[] }).jobs.map(() => ({ id: jobId, status: 'pending' })) },
      }),
    });
    const ran = await taskq(['enqueue', '--batch', '-', '--key', 'k'], {
      stdin: '{"type": "echo", "payload": 0}\n'.repeat(1001),
    });
    expect(ran).toMatchObject({ code: 0, stdout: 'enqueued 1001 of 1001 jobs\n' });
    const requests = received.map((call) => [call.key, (call.body as { jobs: unknown[] }).jobs.length]);
    expect(requests).toEqual([
      ['k', 1000],
      ['k/2', 1],
    ]);
  });

  test('a request stays within 4 MB', async () => {
    const { taskq, received } = await aTaskq({
      enqueueBatch: ({ body }) => ({
        status: 207,
        body: { results: (body as { jobs: unknown[] }).jobs.map(() => ({ id: jobId, status: 'pending' })) },
      }),
    });
    const line = `${JSON.stringify({ type: 'echo', payload: 'ü'.repeat(500_000) })}\n`;
    expect((await taskq(['enqueue', '--batch', '-'], { stdin: line.repeat(5) })).code).toBe(0);
    expect(received.map((call) => (call.body as { jobs: unknown[] }).jobs.length)).toEqual([4, 1]);
  });

  test('--wait follows them all', async () => {
    const { taskq } = await aTaskq({
      enqueueBatch: () => ({ status: 207, body: { results: [{ id: jobId, status: 'pending' }] } }),
      getJob: () => ({ status: 200, body: aJob({ status: 'completed' }) }),
    });
    const ran = await taskq(['enqueue', '--batch', '-', '--wait'], {
      stdin: '{"type": "echo", "payload": 1}',
    });
    expect(ran).toMatchObject({ code: 0, stdout: 'enqueued 1 of 1 jobs\n1/1 final: 1 completed\n' });
  });

  test('a line that is no JSON is named, and nothing is sent', async () => {
    const { taskq, received } = await aTaskq({});
    const ran = await taskq(['enqueue', '--batch', '-'], { stdin: '{"type": "echo"}\n{]\n' });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('line 2 of - is not JSON');
    expect((await taskq(['enqueue', '--batch', '-'], { stdin: '\n' })).stderr).toContain('- holds no job');
    expect(received).toEqual([]);
  });
});

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
    });
    expect(await taskq(['get', jobId])).toEqual({
      code: 3,
      stdout: '',
      stderr: `taskq: there is no job ${jobId} (404 not_found)\n  request req-1\n`,
    });
    const ran = await taskq(['get', '../jobs']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('A job id looks like 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03.');
    expect(received).toHaveLength(1);
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

describe('retry, cancel, health', () => {
  test('a retry may carry an edited payload', async () => {
    const { taskq, received } = await aTaskq({ retryJob: () => ({ status: 200, body: aJob() }) });
    expect((await taskq(['retry', jobId])).stdout).toBe(
      `${jobId} is pending again, with 5 attempts; watch: taskq watch ${jobId}\n`,
    );
    await taskq(['retry', jobId, '--payload', '{"message": "repaired"}']);
    expect(received.map((call) => call.body)).toEqual([undefined, { payload: { message: 'repaired' } }]);
  });

  test('a cancel that comes too late exits 4', async () => {
    const { taskq } = await aTaskq({
      cancelJob: (_call, nth) =>
        nth === 1
          ? { status: 200, body: aJob({ status: 'cancelled' }) }
          : aProblem(409, 'invalid_transition', 'the job is cancelled'),
    });
    expect(await taskq(['cancel', jobId])).toEqual({
      code: 0,
      stdout: `${jobId} is cancelled\n`,
      stderr: '',
    });
    expect(await taskq(['cancel', jobId])).toMatchObject({
      code: 4,
      stderr: 'taskq: the job is cancelled (409 invalid_transition)\n  request req-1\n',
    });
  });

  test('health', async () => {
    const { taskq } = await aTaskq({
      getHealth: () => ({ status: 200, body: { status: 'ok', version: '0.1.0' } }),
    });
    expect((await taskq(['health'])).stdout).toBe('ok, version 0.1.0\n');
    expect((await taskq(['health', '--json'])).stdout).toBe('{"status":"ok","version":"0.1.0"}\n');
  });
});

describe('where and as whom', () => {
  test('a wrong secret is refused: 4', async () => {
    const { apiUrl } = await aTaskq({});
    const folder = aFolder();
    closing.push(folder.remove);
    const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wrong', TASKQ_API_URL: apiUrl };
    const ran = await runNode([command, 'health', '--region', 'eu-west-1'], folder.path, { env });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain("(check the secret key, the region and this machine's clock) (403 refused)");
  });

  test('an API that is not there: 5, and what to do', async () => {
    const folder = aFolder('http://127.0.0.1:1/local');
    closing.push(folder.remove);
    const ran = await runNode([command, 'health'], folder.path);
    expect(ran).toEqual({
      code: 5,
      stdout: '',
      stderr:
        'taskq: cannot reach TaskQ at http://127.0.0.1:1: ECONNREFUSED (unreachable)\n' +
        '  Is it running? `npm run up` starts a local TaskQ; another is named by --api-url or TASKQ_API_URL.\n',
    });
  });

  test('no configuration, or no credentials: 2, and what to do', async () => {
    const folder = aFolder();
    closing.push(folder.remove);
    const bare = await runNode([command, 'health'], folder.path);
    expect(bare.code).toBe(2);
    expect(bare.stderr).toMatch(/^taskq: no API URL: give --api-url, set TASKQ_API_URL, or run `npm run up`/);
    const unsigned = await runNode(
      [command, 'health', '--api-url', 'http://127.0.0.1:1', '--region', 'eu-west-1'],
      folder.path,
    );
    expect(unsigned.code).toBe(2);
    expect(unsigned.stderr).toContain('found no AWS credentials to sign with');
  });

  test('--help of each command has an example', async () => {
    const folder = aFolder();
    closing.push(folder.remove);
    const names = ['enqueue', 'get', 'list', 'watch', 'retry', 'cancel', 'health'];
    const runs = await Promise.all(names.map((name) => runNode([command, name, '--help'], folder.path)));
    for (const [index, { code, stdout }] of runs.entries()) {
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`\\nExamples?:\\n {2}taskq ${names[index]}`));
    }
  });
});

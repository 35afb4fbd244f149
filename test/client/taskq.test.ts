import { describe, expect, test } from 'vitest';
import { aJob, jobId } from './a-job.ts';
import { aProblem } from './api-server.ts';
import { aFolder, aTaskq, command, runNode } from './run-taskq.ts';

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

  test('a cancel of a job that runs says that it is asked for; --wait waits for its end', async () => {
    const { taskq } = await aTaskq({
      cancelJob: () => ({ status: 202, body: aJob({ status: 'running' }) }),
      getResult: () => aProblem(409, 'no_result', 'the job is cancelled'),
      getJob: (_call, nth) => ({
        status: 200,
        body: aJob({ status: nth <= 2 ? 'cancelled' : 'completed' }),
      }),
    });
    expect((await taskq(['cancel', jobId])).stdout).toBe(
      `${jobId} runs; its cancel is asked for and ends it within seconds: taskq watch ${jobId}\n`,
    );
    expect(await taskq(['cancel', jobId, '--wait'])).toMatchObject({
      code: 0,
      stdout: `${jobId} is cancelled\n`,
    });
    expect(await taskq(['cancel', jobId, '--wait'])).toMatchObject({
      code: 1,
      stdout: `${jobId} is completed\n`,
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
    const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wrong', TASKQ_API_URL: apiUrl };
    const ran = await runNode([command, 'health', '--region', 'eu-west-1'], folder, { env });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain("(check the secret key, the region and this machine's clock) (403 refused)");
  });

  test('an API that is not there: 5, and what to do', async () => {
    const folder = aFolder('http://127.0.0.1:1/local');
    const ran = await runNode([command, 'health'], folder);
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
    const bare = await runNode([command, 'health'], folder);
    expect(bare.code).toBe(2);
    expect(bare.stderr).toMatch(/^taskq: no API URL: give --api-url, set TASKQ_API_URL, or run `npm run up`/);
    const unsigned = await runNode(
      [command, 'health', '--api-url', 'http://127.0.0.1:1', '--region', 'eu-west-1'],
      folder,
    );
    expect(unsigned.code).toBe(2);
    expect(unsigned.stderr).toContain('found no AWS credentials to sign with');
  });

  test('--help of each command has an example', async () => {
    const folder = aFolder();
    const names = ['enqueue', 'get', 'list', 'watch', 'retry', 'cancel', 'health'];
    const runs = await Promise.all(names.map((name) => runNode([command, name, '--help'], folder)));
    for (const [index, { code, stdout }] of runs.entries()) {
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`\\nExamples?:\\n {2}taskq ${names[index]}`));
    }
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aFailedJob, aJob, jobId, otherId, someErrors } from './a-job.ts';
import { aProblem } from './api-server.ts';
import { aTaskq, command, startNode } from './run-taskq.ts';

const created = () => ({ status: 201, body: aJob() });

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

  test('a key that had its job before says so', async () => {
    const { taskq } = await aTaskq({
      enqueueJob: () => ({ status: 200, body: aJob({ status: 'completed' }) }),
    });
    const ran = await taskq(['enqueue', 'echo', '--key', 'k']);
    expect(ran.stdout).toBe(
      '019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03 is the earlier job of this key: echo, queue default, lane normal, completed\n',
    );
  });

  test('a repeat of its own call is no earlier job', async () => {
    const { taskq } = await aTaskq({
      enqueueJob: (_call, nth) => (nth === 1 ? 'hang up' : { status: 200, body: aJob() }),
    });
    expect((await taskq(['enqueue', 'echo', '--key', 'k'])).stdout).toContain(' enqueued: echo');
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

  test('after other jobs, whose failure it may outlive', async () => {
    const { taskq, received } = await aTaskq({
      enqueueJob: () => ({ status: 201, body: aJob({ status: 'waiting_dependencies' }) }),
    });
    const ran = await taskq(['enqueue', 'echo', '--after', otherId, '--after', jobId]);
    expect(ran.stdout).toBe(`${jobId} enqueued: echo, queue default, lane normal, waiting_dependencies\n`);
    expect(received[0]?.body).toMatchObject({ dependencies: [{ id: otherId }, { id: jobId }] });
    await taskq(['enqueue', 'echo', '--after', otherId, '--on-failure', 'continue']);
    expect(received[1]?.body).toMatchObject({ dependencies: [{ id: otherId, on_failure: 'continue' }] });
  });

  test.each([
    ['no job id', ['echo', '--after', 'yesterday'], 'A job id looks like'],
    ['a policy of workflows', ['echo', '--after', otherId, '--on-failure', 'compensate'], 'cancel, continue'],
    ['--on-failure alone', ['echo', '--on-failure', 'continue'], 'give them by --after ID'],
    ['a file', ['--batch', '-', '--after', otherId], 'hand in many that wait for each other as a workflow'],
  ])('after other jobs, with %s: refused', async (_, args, message) => {
    const { taskq, received } = await aTaskq({ enqueueJob: created });
    const { code, stderr } = await taskq(['enqueue', ...args]);
    expect([code, received.length]).toEqual([2, 0]);
    expect(stderr).toContain(message);
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
    expect(machine.stdout).toBe(`{"id":"${jobId}","status":"completed","result":{"message":"hi"}}\n`);
  });

  test('--wait tells of an attempt that failed', async () => {
    const last_error = { ...aFailedJob().last_error!, attempt: 1 };
    let looked = false;
    const { taskq } = await aTaskq({
      enqueueJob: created,
      getJob: () => {
        looked = true;
        return { status: 200, body: aJob({ status: 'retrying', attempt: 1, last_error }) };
      },
      getResult: () =>
        looked
          ? { status: 200, body: { status: 'completed', result: 1 } }
          : { status: 202, body: { status: 'pending' } },
    });
    const { code, stdout, stderr } = await taskq(['enqueue', 'echo', '--wait']);
    expect([code, stdout]).toEqual([0, '1\n']);
    expect(stderr.replace(/\d+[smhd] ago|in \d+[smhd]/, 'AGE')).toBe(
      `${jobId} enqueued, waiting\nattempt 1 of 5 failed (transient_error, network); the next AGE\n`,
    );
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
        'enqueued 1 of 2 jobs\n  019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03\nLINE  CODE          WHY\n3     unknown_type  no such type: /type must be deployed\n',
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
    expect(ran).toMatchObject({
      code: 0,
      stdout: `enqueued 1001 of 1001 jobs\n${`  ${jobId}\n`.repeat(10)}  and 991 more: --json says them all\n`,
    });
    const requests = received.map((call) => [call.key, (call.body as { jobs: unknown[] }).jobs.length]);
    expect(requests).toEqual([
      ['k', 1000],
      ['k/2', 1],
    ]);
  });

  const taken = (jobs: unknown) => ({
    status: 207,
    body: { results: (jobs as unknown[]).map(() => ({ id: jobId, status: 'pending' })) },
  });
  const jobsOf = (body: unknown) => (body as { jobs: unknown[] }).jobs;
  const manyLines = '{"type": "echo", "payload": 0}\n'.repeat(2001);

  test('a run that breaks off says its key, under which the same command goes on', async () => {
    const { taskq, received } = await aTaskq({
      enqueueBatch: ({ body }, nth) =>
        nth === 2 ? aProblem(403, 'forbidden', 'no more') : taken(jobsOf(body)),
    });
    const ran = await taskq(['enqueue', '--batch', '-'], { stdin: manyLines });
    const [, key = ''] = /--key ([0-9a-f-]{36})\n/.exec(ran.stderr) ?? [];
    expect(ran).toEqual({
      code: 4,
      stdout: '',
      stderr:
        `1000 of 2001 jobs are known to be enqueued. To go on, and have none twice: the same command within 24 hours, with --key ${key}\n` +
        'taskq: no more (403 forbidden)\n  request req-1\n',
    });
    const again = await taskq(['enqueue', '--batch', '-', '--key', key], { stdin: manyLines });
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect(received.map((call) => [call.key, jobsOf(call.body).length])).toEqual([
      [key, 1000],
      [`${key}/2`, 1000],
      [key, 1000],
      [`${key}/2`, 1000],
      [`${key}/3`, 1],
    ]);
  });

  test('so does one whose jobs could not all be stored now, and as JSON for machines', async () => {
    const { taskq } = await aTaskq({
      enqueueBatch: () => ({
        status: 207,
        body: {
          results: [
            { id: jobId, status: 'pending' },
            { error: 'not now', code: 'unavailable' },
          ],
        },
      }),
    });
    const ran = await taskq(['enqueue', '--batch', '-', '--json', '--key', 'k'], { stdin: twoLines });
    expect([ran.code, JSON.parse(ran.stderr)]).toEqual([4, { enqueued: 1, of: 2, key: 'k' }]);
  });

  test('and one that is interrupted', async () => {
    const child = { pid: 0 };
    const { folder } = await aTaskq({
      enqueueBatch: ({ body }, nth) => {
        if (nth === 1) return taken(jobsOf(body));
        process.kill(child.pid, 'SIGINT');
        return { ...taken(jobsOf(body)), held: new Promise<void>(() => {}) };
      },
    });
    const running = startNode([command, 'enqueue', '--batch', '-'], folder, { stdin: manyLines });
    child.pid = running.pid ?? 0;
    const { code, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^1000 of 2001 jobs are known to be enqueued\. .* with --key [0-9a-f-]{36}\n$/);
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
    expect(ran).toMatchObject({
      code: 0,
      stdout: `enqueued 1 of 1 jobs\n  ${jobId}\n1/1 final: 1 completed\n`,
    });
  });

  test('a line that is no JSON is named, and nothing is sent', async () => {
    const { taskq, received } = await aTaskq({});
    const ran = await taskq(['enqueue', '--batch', '-'], { stdin: '{"type": "echo"}\n{]\n' });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toBe(
      'taskq: line 2 of standard input is not JSON: Expected property name or \'}\' at column 2; a line is {"type": …, "payload": …}\n',
    );
    expect((await taskq(['enqueue', '--batch', '-'], { stdin: '\n' })).stderr).toContain('- holds no job');
    expect(received).toEqual([]);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aFailedJob, aJob, jobId, otherId, someErrors } from './a-job.ts';
import { aProblem } from './api-server.ts';
import { aTaskq } from './run-taskq.ts';

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

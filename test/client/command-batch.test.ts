import { describe, expect, test } from 'vitest';
import { aJob, jobId } from './a-job.ts';
import { aProblem } from './api-server.ts';
import { aTaskq, command, startNode } from './run-taskq.ts';

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

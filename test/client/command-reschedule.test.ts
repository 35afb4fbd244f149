import { expect, test } from 'vitest';
import { aJob, jobId } from './a-job.ts';
import { aProblem } from './api-server.ts';
import { aTaskq } from './run-taskq.ts';

const later = aJob({
  status: 'scheduled',
  available_at: '2999-01-01T00:00:00.000Z',
  priority: 9,
  lane: 'critical',
});

test.each([
  [['--in', '2h'], { delay_seconds: 7_200 }],
  [['--in', '0'], { delay_seconds: 0 }],
  [
    ['--at', '2026-12-24T18:00:00+01:00', '--priority', '8'],
    { run_at: '2026-12-24T18:00:00+01:00', priority: 8 },
  ],
  [['--tag', 'a', '--tag', 'b'], { tags: ['a', 'b'] }],
  [['--clear-tags'], { tags: [] }],
])('reschedule %j sends %j', async (options, body) => {
  const { taskq, received } = await aTaskq({ patchJob: () => ({ status: 200, body: later }) });
  const { code, stdout } = await taskq(['reschedule', jobId, ...options]);
  expect(code).toBe(0);
  expect(received.map((call) => [call.route, call.id, call.body])).toEqual([['patchJob', jobId, body]]);
  expect(stdout).toMatch(new RegExp(`^${jobId} is scheduled, runs in \\d+d; priority 9, lane critical\n$`));
});

test('a job that waits for others has no time to tell', async () => {
  const waiting = aJob({ status: 'waiting_dependencies', priority: 9, lane: 'critical' });
  const { taskq } = await aTaskq({ patchJob: () => ({ status: 200, body: waiting }) });
  expect((await taskq(['reschedule', jobId, '--priority', '9'])).stdout).toBe(
    `${jobId} is waiting_dependencies, runs once the jobs it waits for have ended; priority 9, lane critical\n`,
  );
});

test('with --json it prints the job as the API has it', async () => {
  const { taskq } = await aTaskq({ patchJob: () => ({ status: 200, body: later }) });
  const { stdout } = await taskq(['reschedule', jobId, '--in', '1d', '--json']);
  expect(JSON.parse(stdout)).toEqual(later);
});

test('without anything to change it sends nothing: exit status 2', async () => {
  const { taskq, received } = await aTaskq({});
  const { code, stderr } = await taskq(['reschedule', jobId]);
  expect(code).toBe(2);
  expect(stderr).toContain('give what to change: --in, --at, --priority, --tag or --clear-tags');
  expect(received).toEqual([]);
});

test('with other tags and none it sends nothing: exit status 2', async () => {
  const { taskq, received } = await aTaskq({});
  const { code } = await taskq(['reschedule', jobId, '--tag', 'a', '--clear-tags']);
  expect([code, received]).toEqual([2, []]);
});

test('a job that runs is left as it is: exit status 4', async () => {
  const { taskq } = await aTaskq({
    patchJob: () => aProblem(409, 'invalid_transition', 'the job is running'),
  });
  const { code, stderr } = await taskq(['reschedule', jobId, '--in', '1h']);
  expect(code).toBe(4);
  expect(stderr).toContain('the job is running');
});

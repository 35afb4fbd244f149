import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import type { Job } from '../../core/api.ts';
import { makeApi, newTenant } from './api.ts';
import { makeAws } from './aws.ts';
import { killWorkers } from './kill.ts';
import { collect, manifestsOf } from './manifests.ts';
import { poison } from './poison.ts';
import { nodeOf, workflowsOf } from './workflow-run.ts';

/**
 * How processes die, and long queues. Lost leases take their time: all that is killed in other queues is killed first. The handlers are others than the deployed: they do at their first attempt
 * what their payload says, and return at the second.
 */
const local = inject('taskq');
const aws = await makeAws(local);
const api = makeApi(local, newTenant());
const soon = { timeout: 60_000, interval: 100 };

const handler = `
export default async ({ key, url }, job) => {
  const result = { bytes: job.attempt, sha256: '${'0'.repeat(64)}', status: 200, duration_ms: 1, body: '', truncated: false, content_type: null };
  if (job.attempt > 1) return result;
  const [does, ms] = (key ?? new URL(url).pathname.slice(1)).split('-');
  job.progress(10, does);
  await new Promise((resolve) => setTimeout(resolve, 300));
  if (does === 'block') for (;;) {}
  if (does === 'exhaust') { const all = []; for (;;) all.push(new Array(1e5).fill(Math.random())); }
  await new Promise((resolve) => setTimeout(resolve, Number(ms)));
  return result;
};`;

const start = (key: string, options = {}) => api.enqueue('object.checksum', { key }, options);
const runs = (job: Job) =>
  vi.waitFor(async () => expect((await api.get(job.id)).progress?.percent).toBe(10), soon);

const kill = (...names: string[]) =>
  killWorkers(
    inject('directory'),
    names.map((name) => aws.functionNamed(name)),
  );
const { started, read, ended } = workflowsOf(api);

/** A workflow of manifests in manifests, at work. @returns its id */
async function startManifests(): Promise<string> {
  const manifest = manifestsOf(api, aws);
  const regions = await Promise.all(
    ['north', 'south', 'east', 'west'].map(async (each) =>
      manifest(each, 6, [await manifest(`${each}/old`, 3)]),
    ),
  );
  const id = await started(collect(await manifest('world', 10, regions)));
  // Those of the first manifest are there, and its own manifests are at work.
  await vi.waitFor(async () => expect((await read(id)).nodes.length).toBeGreaterThanOrEqual(16), soon);
  return id;
}

const restore: (() => Promise<void>)[] = [];
/** In a short queue, whose function has 35 s: it is met again 65 s after its receipt, while the others run. */
let timesOut: Job;
let manifests: string;

beforeAll(async () => {
  const webhooks = { type: 'webhook.deliver', handler };
  restore.push(await poison(local, aws.functionNamed('work-webhooks'), webhooks));
  manifests = await startManifests();
  await kill('advance', 'work-default');
  timesOut = await api.enqueue('webhook.deliver', { url: 'http://127.0.0.1/block', body: '' });
});
afterAll(async () => {
  for (const each of restore) await each();
});

it('object.checksum reads an object and tells how far it is', async () => {
  await aws.putObject(`tenants/${api.tenant}/abc.txt`, 'abc');
  const { id } = await api.enqueue('object.checksum', { key: 'abc.txt', expected: { bytes: 3 } });
  const job = await api.finished(id);
  expect(job).toMatchObject({ status: 'completed', attempt: 1, progress: { percent: 100 } });
  const { result } = (await api.call('getResult', { id })).body;
  expect(result.sha256).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('a long job outlives its first lease, is cancelled, or dies: and the log says of what', async () => {
  const worker = aws.functionNamed('work-long');
  restore.push(await poison(local, worker, { type: 'object.checksum', handler, heapMb: 64 }));
  const [lasts, cancelled, blocks, exhausts] = await Promise.all([
    start('wait-40000'),
    start('wait-600000'),
    start('block', { timeout_seconds: 5 }),
    start('exhaust'),
  ]);
  await runs(cancelled);
  const answer = await api.call('cancelJob', { id: cancelled.id });
  expect([answer.status, answer.body.status]).toEqual([202, 'running']);
  const ended = await api.finished(cancelled.id);
  expect(ended.status).toBe('cancelled');
  const seconds = (Date.parse(ended.finished_at ?? '') - Date.parse(ended.cancel_requested_at ?? '')) / 1000;
  expect(Date.parse(ended.cancel_requested_at ?? '')).toBe(Date.parse(answer.body.cancel_requested_at));
  // A renewal every 10 s, and what the emulator takes for it.
  expect(seconds).toBeLessThan(15);

  expect(await api.finished(lasts.id, 90_000)).toMatchObject({ status: 'completed', attempt: 1 });
  for (const [job, cause] of [
    [blocks, 'timeout'],
    [exhausts, 'out_of_memory'],
  ] as const) {
    const { status, attempt, last_error } = await api.finished(job.id, 120_000);
    expect({ status, attempt, last_error }).toEqual({
      status: 'completed',
      attempt: 2,
      last_error: {
        code: cause,
        cause,
        attempt: 1,
        at: expect.any(String),
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        log_stream: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\]/),
      },
    });
    const { errors } = (await api.call('getErrors', { id: job.id })).body;
    expect(errors).toEqual([expect.objectContaining({ cause, log_stream: last_error?.log_stream })]);
  }
});

it('the job of a killed worker runs again within its lease and 20 s', async () => {
  const job = await start('wait-600000');
  await runs(job);
  const killedAt = Date.now();
  await kill('work-long');
  const again = await api.finished(job.id, 120_000);
  expect(again).toMatchObject({ status: 'completed', attempt: 2, last_error: { cause: 'lease_lost' } });
  expect((Date.parse(again.started_at ?? '') - killedAt) / 1000).toBeLessThan(50);
});

it('a function that Lambda ended at its timeout is known as such', async () => {
  const job = await api.finished(timesOut.id, 120_000);
  expect(job).toMatchObject({
    status: 'completed',
    attempt: 2,
    last_error: { cause: 'timeout', attempt: 1, log_stream: expect.any(String) },
  });
});

it('manifests in manifests, workers and the advance killed in between: each node once, each report whole', async () => {
  const workflow = await ended(manifests, 240_000);
  // 1 + 4 + 4 manifests, each with a report; 10 + 4 × 6 + 4 × 3 files.
  expect(workflow).toMatchObject({ status: 'completed', node_counts: { completed: 64 } });
  const kinds = Map.groupBy(workflow.nodes, ({ type }) => type);
  expect([...kinds].map(([type, nodes]) => [type, nodes.length]).sort()).toEqual([
    ['csv.collect', 9],
    ['csv.report', 9],
    ['csv.summarize', 46],
  ]);
  expect(new Set(workflow.nodes.map(({ key }) => key)).size).toBe(64);
  const inner = nodeOf(workflow, 'all/manifest-2/manifest-1/file-3');
  expect(inner.added_by).toBe('all/manifest-2/manifest-1');
  const jobs = (await api.pages()).flat().filter((each) => each.workflow_id === manifests);
  expect(jobs).toHaveLength(64);
  const { body } = await api.call('getResult', { id: nodeOf(workflow, 'all/report').job_id ?? '' });
  expect(body.result).toMatchObject({ title: 'world/all.txt', files: 10, rows: 20 });
});

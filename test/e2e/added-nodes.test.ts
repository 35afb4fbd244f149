/** A job that adds nodes to its workflow: manifests that name files and further manifests, in the data bucket. */
import { expect, inject, it, vi } from 'vitest';
import type { WorkflowWithNodes } from '../../core/workflow/api.ts';
import { listProcesses, signal, stillRunning } from '../../local/processes.ts';
import { makeApi, newTenant } from './api.ts';
import { makeAws } from './aws.ts';
import { workersOf } from './kill.ts';
import { costOf } from './workflow-cost.ts';
import { nodeOf, workflowsOf } from './workflow-run.ts';

const aws = await makeAws(inject('taskq'));
const api = makeApi(inject('taskq'), newTenant());
const { started, read, ended } = workflowsOf(api);
const soon = { timeout: 60_000, interval: 100 };

const put = (key: string, lines: readonly string[]) =>
  aws.putObject(`tenants/${api.tenant}/${key}`, lines.join('\n'));
const names = (folder: string, count: number, ending: string) =>
  Array.from({ length: count }, (_, index) => `${folder}/${index + 1}.${ending}`);

/** A manifest with so many files, and these manifests. */
async function manifest(folder: string, files: number, inner: readonly string[] = []): Promise<string> {
  const csv = names(folder, files, 'csv');
  await Promise.all(csv.map((key) => put(key, ['city,people', 'Oslo,709', 'Bergen,291'])));
  await put(`${folder}/all.txt`, [...csv, ...inner]);
  return `${folder}/all.txt`;
}

const collect = (path: string) => [{ key: 'all', type: 'csv.collect', payload: { manifest: path } }];
const kindsOf = ({ nodes }: WorkflowWithNodes) => Map.groupBy(nodes, ({ type }) => type);

it('manifests in manifests, workers and the advance killed in between: each node once, each report whole', async () => {
  const regions = await Promise.all(
    ['north', 'south', 'east', 'west'].map(async (each) =>
      manifest(each, 6, [await manifest(`${each}/old`, 3)]),
    ),
  );
  const id = await started(collect(await manifest('world', 10, regions)));
  // Those of the first manifest are there, and its own manifests are at work.
  await vi.waitFor(async () => expect((await read(id)).nodes.length).toBeGreaterThanOrEqual(16), soon);
  const processes = ['advance', 'work-default'].flatMap((name) =>
    workersOf(inject('directory'), aws.functionNamed(name)),
  );
  for (const each of processes) signal(each, 'SIGKILL');
  await vi.waitFor(() => expect(stillRunning(processes, listProcesses())).toEqual([]), soon);
  const workflow = await ended(id, 240_000);
  // 1 + 4 + 4 manifests, each with a report; 10 + 4 × 6 + 4 × 3 files.
  expect(workflow).toMatchObject({ status: 'completed', node_counts: { completed: 64 } });
  const kinds = kindsOf(workflow);
  expect([...kinds].map(([type, nodes]) => [type, nodes.length]).sort()).toEqual([
    ['csv.collect', 9],
    ['csv.report', 9],
    ['csv.summarize', 46],
  ]);
  expect(new Set(workflow.nodes.map(({ key }) => key)).size).toBe(64);
  const inner = nodeOf(workflow, 'all/manifest-2/manifest-1/file-3');
  expect(inner.added_by).toBe('all/manifest-2/manifest-1');
  const jobs = (await api.pages()).flat().filter((each) => each.workflow_id === id);
  expect(jobs).toHaveLength(64);
  const { body } = await api.call('getResult', { id: nodeOf(workflow, 'all/report').job_id ?? '' });
  expect(body.result).toMatchObject({ title: 'world/all.txt', files: 10, rows: 20 });
});

it('what a job adds costs the workflow little, however much it is', async () => {
  const path = await manifest('many', 300);
  const since = Date.now();
  const id = await started(collect(path));
  const workflow = await ended(id);
  expect(workflow).toMatchObject({ status: 'completed', node_counts: { completed: 302 } });
  expect(workflow.nodes[0]?.key).toBe('all');
  const cost = await costOf(aws, id, { since, nodes: 302, jobs: 302 });
  console.log('300 nodes and a fan-in, added by a job', cost);
  expect(cost.advances).toBeLessThanOrEqual(60);
});

it('forty elements of a map add at the same time: each its own', async () => {
  const paths = await Promise.all(Array.from({ length: 40 }, (_, index) => manifest(`map/${index}`, 3)));
  const since = Date.now();
  const id = await started([
    { key: 'list', type: 'echo', payload: { message: paths } },
    {
      key: 'each',
      type: 'csv.collect',
      map: { over: { node: 'list', pointer: '/message' } },
      from: { '/manifest': { element: '' } },
    },
  ]);
  const workflow = await ended(id);
  // Each adds three summaries and a report.
  expect(workflow).toMatchObject({ status: 'completed', node_counts: { completed: 2 + 40 + 160 } });
  expect(nodeOf(workflow, 'each[39]/report')).toMatchObject({ added_by: 'each[39]' });
  const cost = await costOf(aws, id, { since, nodes: 202, jobs: 201 });
  console.log('40 elements that add 4 nodes each', cost);
  expect(cost.advances).toBeLessThanOrEqual(60);
});

it('in no workflow, it says what to do, and is not tried again', async () => {
  const { id } = await api.enqueue('csv.collect', { manifest: await manifest('alone', 1) });
  expect(await api.finished(id)).toMatchObject({
    status: 'failed',
    attempt: 1,
    last_error: { code: 'rejected', cause: 'permanent_error' },
  });
  const { body } = await api.call('getErrors', { id });
  expect(body.errors[0].message).toBe(
    'job.enqueue adds nodes to the workflow that a job runs in; this job runs in none: start a workflow with it as a node',
  );
});

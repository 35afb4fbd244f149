/** A job that adds nodes to its workflow, for what a manifest names. */
import { expect, inject, it } from 'vitest';
import { makeApi, newTenant } from './api.ts';
import { makeAws } from './aws.ts';
import { collect, manifestsOf } from './manifests.ts';
import { costOf } from './workflow-cost.ts';
import { nodeOf, workflowsOf } from './workflow-run.ts';

const aws = await makeAws(inject('taskq'));
const api = makeApi(inject('taskq'), newTenant());
const { started, ended } = workflowsOf(api);
const manifest = manifestsOf(api, aws);

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

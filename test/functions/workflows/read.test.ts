import { expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { aWorkflowWorld } from '../advance/workflow-world.ts';

const two = [
  { key: 'a', type: 'task' },
  { key: 'b', type: 'task', depends_on: ['a'] },
];

test('nodes with their jobs; without them it is one read', async () => {
  const it = aWorkflowWorld();
  await it.create(two);
  await it.advance();
  const [job] = it.live() as [JobRecord];
  const whole = await it.call('getWorkflow');
  expect(whole).toMatchObject({
    status: 200,
    body: {
      status: 'running',
      node_counts: { running: 1, waiting: 1 },
      nodes: [
        { key: 'a', status: 'running', job_id: job.sk },
        { key: 'b', status: 'waiting', waits_for: ['a'] },
      ],
      critical_path: [],
    },
  });
  it.world.faults.calls.length = 0;
  const { body } = await it.call('getWorkflow', { query: { nodes: ['false'] } });
  const { nodes: _, critical_path: __, ...without } = whole.body as Record<string, unknown>;
  expect(body).toEqual(without);
  expect(it.world.faults.calls).toEqual([expect.stringMatching(/^getWorkflow/)]);
});

test('400 for another value, and for a parameter that there is none', async () => {
  const it = aWorkflowWorld();
  await it.create(two);
  const wrong: Record<string, string[]>[] = [
    { nodes: ['no'] },
    { nodes: ['true', 'false'] },
    { jobs: ['false'] },
  ];
  for (const query of wrong)
    expect(await it.call('getWorkflow', { query })).toMatchObject({ code: 'invalid_request' });
});

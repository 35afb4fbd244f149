import { expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { aWorkflowWorld, workflowId } from '../advance/workflow-world.ts';

const two = [
  { key: 'a', type: 'task' },
  { key: 'b', type: 'task', depends_on: ['a'] },
];

test('what waits is cancelled at once, what has not begun is cancelled, and the workflow is', async () => {
  const it = aWorkflowWorld();
  await it.create(two);
  await it.advance();
  expect(await it.call('cancelWorkflow')).toMatchObject({
    status: 202,
    body: { status: 'running', phase: 'stopping' },
  });
  expect(it.executions.answers.get('token-1')).toEqual({ done: false, waitSeconds: 60 });
  expect(await it.advance()).toMatchObject({ outcome: 'ended' });
  expect(await it.letters()).toBe('xx');
  expect(it.item()).toMatchObject({ status: 'cancelled', stopped: 'cancelled' });
});

test('whoever looks before an advance has heard of it sees it stopping', async () => {
  const it = aWorkflowWorld();
  await it.create(two);
  await it.advance();
  expect((await it.call('getWorkflow')).body).toMatchObject({ phase: 'forward' });
  await it.call('cancelWorkflow');
  expect((await it.call('getWorkflow')).body).toMatchObject({ status: 'running', phase: 'stopping' });
});

test('a job that runs is asked, and awaited', async () => {
  const it = aWorkflowWorld();
  await it.create(two);
  await it.advance();
  const [job] = it.live() as [JobRecord];
  it.world.store.put({ ...job, status: 'running', fence: 1, availableAt: job.availableAt + 60_000 });
  await it.call('cancelWorkflow');
  expect(await it.advance()).toMatchObject({ outcome: 'resting' });
  expect(it.world.store.peek(job.sk)?.cancelRequestedAt).toBeDefined();
  expect(await it.letters()).toBe('rx');
  expect(await it.call('cancelWorkflow')).toMatchObject({ status: 202 });
  await it.end(it.world.store.peek(job.sk) as JobRecord, 'cancelled');
  await it.publishAll();
  expect(await it.advance()).toMatchObject({ outcome: 'ended' });
  expect(it.item()?.status).toBe('cancelled');
});

test('409 once it has ended or goes back, 404 for another, 400 with a body', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'booking' },
    { key: 'b', type: 'task', depends_on: ['a'], on_failure: 'compensate' },
  ]);
  expect(await it.call('cancelWorkflow', { json: {} })).toMatchObject({ code: 'invalid_request' });
  expect(await it.call('cancelWorkflow', { id: workflowId.replace('19ab', '19ac') })).toMatchObject({
    code: 'not_found',
  });
  expect(await it.call('cancelWorkflow', { tenant: 'other' })).toMatchObject({ code: 'not_found' });
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed');
  await it.publishAll();
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'failed');
  await it.publishAll();
  await it.advance();
  expect(await it.call('cancelWorkflow')).toMatchObject({
    code: 'invalid_transition',
    body: {
      error:
        'the workflow is undoing what it did; only one that is running, and not on its way back, can be cancelled',
    },
  });
  expect(await it.finish()).toBe('compensated');
  expect(await it.call('cancelWorkflow')).toMatchObject({ code: 'invalid_transition' });
});

test('a job of it that a person cancels by itself is a failure of its node', async () => {
  const it = aWorkflowWorld();
  await it.create(two);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'cancelled');
  await it.publishAll();
  await it.advance();
  expect(await it.letters()).toBe('fx');
  expect(it.item()?.status).toBe('failed');
});

test('out of time it is stopped and failed', async () => {
  const it = aWorkflowWorld();
  await it.create(two, { timeoutAt: it.world.clock.now() + 30_000 });
  expect(await it.advance()).toMatchObject({ outcome: 'again' });
  expect(it.executions.answers.get('token-1')).toEqual({ done: false, waitSeconds: 30 });
  await it.world.clock.advance(30_000);
  expect(await it.advance({ waitSeconds: 30, timedOut: true })).toMatchObject({ outcome: 'ended' });
  expect(it.item()).toMatchObject({ status: 'failed', stopped: 'timeout' });
});

import { expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { aWorkflowWorld, tenant, workflowId } from './workflow-world.ts';

/** An advance does things, and dies before it has said so; or it is late, and others have gone on. */

const firstOf = (it: ReturnType<typeof aWorkflowWorld>, node: number) =>
  it.live().find((each) => it.nodeOf(each) === node) as JobRecord;

const saga = [
  { key: 'a', type: 'booking' },
  { key: 'b', type: 'booking', depends_on: ['a'] },
  { key: 'c', type: 'task', on_failure: 'compensate' },
];

test('a job that was started and not said so is found when the workflow is cancelled: stopped, and awaited', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    { key: 'b', type: 'task', depends_on: ['a'] },
  ]);
  await it.advance();
  await it.end(firstOf(it, 0), 'completed');
  await it.publishAll();
  it.world.faults.throwBefore('saveStates');
  await expect(it.advance()).rejects.toThrow();
  const started = firstOf(it, 1);
  it.world.store.put({ ...started, status: 'running', fence: 1, attempt: 1 });
  await it.call('cancelWorkflow');
  await it.advance();
  expect([await it.letters(), it.item()?.status]).toEqual(['cr', 'running']);
  expect(it.world.store.peek(started.sk)?.cancelRequestedAt).toBeDefined();
});

test('what a job that was not said of has done is undone', async () => {
  const it = aWorkflowWorld();
  await it.create(saga);
  await it.advance();
  await it.end(firstOf(it, 0), 'completed');
  await it.publishAll();
  it.world.faults.throwBefore('saveStates');
  await expect(it.advance()).rejects.toThrow();
  await it.end(firstOf(it, 1), 'completed');
  await it.end(firstOf(it, 2), 'failed');
  // Only the failure has been heard of, when the next advance turns round.
  await it.workflows.raise(tenant, workflowId, ['job:2:0:failed']);
  await it.advance();
  expect(await it.letters()).toBe('cuf');
  await it.end(firstOf(it, 1), 'completed');
  await it.publishAll();
  await it.advance();
  expect(await it.letters()).toBe('udf');
});

test('a node that is done with can be given no job any more: a late advance finds a tombstone, and its news', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    { key: 'b', type: 'task', depends_on: ['a'] },
    { key: 'long', type: 'task' },
  ]);
  await it.advance();
  await it.end(firstOf(it, 0), 'completed');
  await it.publishAll();
  // The late one has read the workflow, and is about to start `b`.
  const { get } = it.workflows;
  let cancelled = false;
  const late = {
    ...it.deps,
    workflows: {
      ...it.workflows,
      saveStates: it.workflows.saveStates,
      states: async (of: string, id: string) => {
        const read = await it.workflows.states(of, id);
        if (!cancelled) {
          cancelled = true;
          await it.call('cancelWorkflow');
          await it.advance();
        }
        return read;
      },
      get,
    },
  };
  await it.stepOf(late);
  expect(await it.letters()).toBe('cxx');
  expect(it.item()?.status).toBe('cancelled');
  expect(it.live()).toEqual([]);
});

test('nor can a map that is done with be given elements', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'list', type: 'task' },
    { key: 'each', type: 'task', map: { over: { node: 'list' }, max_concurrency: 9 } },
    { key: 'long', type: 'task' },
  ]);
  await it.advance();
  await it.end(firstOf(it, 0), 'completed', ['x', 'y']);
  await it.publishAll();
  // The late one has read the list, and is about to append its elements.
  let cancelled = false;
  const append: typeof it.workflows.append = async (of, id, part) => {
    if (!cancelled) {
      cancelled = true;
      await it.call('cancelWorkflow');
      await it.advance();
    }
    return it.workflows.append(of, id, part);
  };
  await it.stepOf({ ...it.deps, workflows: { ...it.workflows, append } });
  expect(await it.letters()).toBe('cxxx');
  expect(it.item()?.status).toBe('cancelled');
  expect(it.live()).toEqual([]);
});

test('a stop that was not said: the next advance knows by the record that the job is over', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'a', type: 'task' }]);
  await it.advance();
  await it.call('cancelWorkflow');
  it.world.faults.throwBefore('saveStates');
  await expect(it.advance()).rejects.toThrow();
  expect(it.live()).toEqual([]);
  expect(await it.advance()).toMatchObject({ outcome: 'ended' });
  expect(it.item()?.status).toBe('cancelled');
});

test('an advance that took half of its wait stores no token: its state may be over', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'a', type: 'task' }]);
  const states = async (of: string, id: string) => {
    await it.world.clock.advance(31_000);
    return it.workflows.states(of, id);
  };
  const slow = { ...it.deps, workflows: { ...it.workflows, states } };
  expect(await it.stepOf(slow)).toMatchObject({ outcome: 'again' });
  expect(it.item()?.token).toBeUndefined();
  expect(it.executions.answers.get('token-1')).toEqual({ done: false, waitSeconds: 60 });
});

test('another id for a node is stored before it is used', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'a', type: 'task' }]);
  // A pointer to nothing has become a tombstone: an earlier advance died between the two.
  await it.advance();
  const job = firstOf(it, 0);
  const other = aWorkflowWorld();
  await other.create([{ key: 'a', type: 'task' }]);
  other.world.store.put({ ...job, status: 'void' });
  const seen: unknown[] = [];
  const deliver: typeof other.deps.lanes.deliver = (deliveries) => {
    seen.push(other.item()?.generations);
    return other.world.lanes.deliver(deliveries);
  };
  await other.stepOf({ ...other.deps, lanes: { ...other.world.lanes, deliver } });
  expect(seen).toEqual([undefined, { 0: 1 }]);
  expect(other.live().map(({ workflow }) => workflow)).toEqual([`${workflowId}#0#1`]);
});

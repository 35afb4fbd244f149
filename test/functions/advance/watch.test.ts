import { expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { start } from '../../support/clock.ts';
import { aWorkflowWorld, tenant, workflowId } from './workflow-world.ts';

const minute = 60_000;
const nodes = [
  { key: 'a', type: 'task' },
  { key: 'b', type: 'task', depends_on: ['a'] },
];
const minted = Number.parseInt(workflowId.slice(0, 13).replace('-', ''), 16);

/** A workflow of now, whatever its fixed id says: its mark and its clock are set by hand. */
async function running() {
  const it = aWorkflowWorld();
  expect(minted).toBeLessThan(start);
  await it.create(nodes);
  await it.advance();
  return it;
}

test('a workflow whose execution looks at it in time is left alone, and looked at less and less often', async () => {
  const it = await running();
  expect(it.item()?.lookAt).toBe(start + minute);
  expect(await it.watch()).toEqual({});
  expect(await it.watch()).toEqual({});
  expect([...it.executions.started.keys()]).toEqual([workflowId]);
  const calls = it.world.faults.calls.filter((each) => each.startsWith('getWorkflow'));
  expect(calls).toHaveLength(2);
});

test('an execution that is gone is followed by the next, which goes on', async () => {
  const it = await running();
  await it.end(it.live()[0] as JobRecord, 'completed');
  await it.world.clock.advance(5 * minute);
  expect(await it.watch()).toEqual({});
  await it.world.clock.advance(2 * 60 * minute);
  expect(await it.watch()).toEqual({ workflowsRevived: 1 });
  expect([...it.executions.started.keys()]).toEqual([workflowId, `${workflowId}-1`]);
  expect(await it.watch()).toEqual({});
  // The first comes back after all: it starts the second, which is there, and ends.
  const late = { tenant, workflow: workflowId, token: 'late', execution: workflowId };
  expect(await it.step({ ...late, waitSeconds: 60, timedOut: true })).toMatchObject({ outcome: 'continued' });
  expect(await it.advance({ timedOut: true })).toMatchObject({ outcome: 'again' });
  expect(await it.finish()).toBe('completed');
});

test('stored, and its execution never started: found', async () => {
  const it = aWorkflowWorld();
  it.world.faults.throwBefore('startExecution');
  await expect(it.create(nodes)).rejects.toThrow();
  expect(await it.watch()).toEqual({ workflowsRevived: 1 });
  await it.advance();
  expect(await it.finish()).toBe('completed');
});

test('ended, and its execution was gone before the end could be told: told, once', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'a', type: 'task' }], { callback: { url: 'https://told.test/' } });
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed');
  await it.publishAll();
  it.world.faults.throwBefore('deliver');
  await expect(it.advance()).rejects.toThrow();
  expect(it.item()?.status).toBe('completed');
  expect(it.live()).toEqual([]);
  await it.world.clock.advance(24 * 60 * minute);
  await it.watch();
  await it.watch();
  expect(it.live().map(({ type }) => type)).toEqual(['webhook.deliver']);
});

test('nothing was stored, or it has ended: no longer looked at', async () => {
  const it = aWorkflowWorld();
  it.world.faults.throwBefore('createWorkflow');
  await expect(it.create(nodes)).rejects.toThrow();
  await it.watch();
  const other = await running();
  await other.finish();
  await other.watch();
  for (const each of [it, other]) {
    await each.world.clock.advance(24 * 60 * minute);
    const before = each.world.faults.calls.length;
    await each.watch();
    expect(each.world.faults.calls.slice(before).every((call) => call.startsWith('marks'))).toBe(true);
  }
});

test('two watches at once start one execution', async () => {
  const it = await running();
  await it.world.clock.advance(24 * 60 * minute);
  const seen = await Promise.all([it.watch(), it.watch()]);
  expect(seen.map(({ workflowsRevived = 0 }) => workflowsRevived).sort()).toEqual([0, 1]);
  expect(it.executions.started.size).toBe(2);
});

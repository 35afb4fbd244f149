import { describe, expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import type { WorkflowItem } from '../../../core/workflow/item.ts';
import { aWorkflowWorld, tenant, workflowId } from '../advance/workflow-world.ts';

const nodes = [{ key: 'a', type: 'task' }];

/** As its last advance leaves a workflow with a unique key. */
async function end(it: ReturnType<typeof aWorkflowWorld>, id: string, status: 'failed' | 'completed') {
  const item = (await it.workflows.get(tenant, id)) as WorkflowItem;
  await it.workflows.rest(item, { read: [], set: { status } });
  await it.workflows.expireKey({ pk: String(item.unique), sk: 'key' }, id, 1_900_000_000);
}

test('a node that one item can not hold: 413, and nothing is stored', async () => {
  const it = aWorkflowWorld();
  const from = Object.fromEntries(
    Array.from({ length: 800 }, (_, index) => [`/${String(index).padStart(450, 'x')}`, { node: 'a' }]),
  );
  const json = { nodes: [...nodes, { key: 'b', type: 'task', from }], unique_key: 'nightly' };
  const answer = await it.call('startWorkflow', { json, idempotencyKey: 'mine' });
  expect(answer).toMatchObject({
    code: 'payload_too_large',
    body: { error: 'a node of the workflow is too large', details: [{ path: '/nodes/1' }] },
  });
  expect(it.world.faults.calls).toEqual([]);
});

test('a tag that is no well-formed Unicode is refused, as of a job', async () => {
  const it = aWorkflowWorld();
  expect(await it.call('startWorkflow', { json: { nodes, tags: ['\ud800'] } })).toMatchObject({
    code: 'invalid_request',
    body: { details: [{ path: '/tags/0', message: 'must be well-formed Unicode' }] },
  });
});

describe('unique_key', () => {
  const json = { nodes, unique_key: 'nightly' };
  const minted = (it: ReturnType<typeof aWorkflowWorld>) => it.call('startWorkflow', { json });

  test('while its workflow runs, that one is the answer; once it ended, another is started', async () => {
    const it = aWorkflowWorld();
    const first = await minted(it);
    expect(first.status).toBe(201);
    expect(await minted(it)).toMatchObject({ status: 200, body: { id: first.body.id } });
    expect((await it.call('startWorkflow', { json: { ...json, unique_key: 'other' } })).status).toBe(201);
    expect((await it.call('startWorkflow', { json, tenant: 'other' })).status).toBe(201);
    expect(it.executions.started.size).toBe(3);
    await end(it, String(first.body.id), 'failed');
    await it.world.clock.advance(1_000);
    const second = await minted(it);
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
    // The first can't go on beside it.
    expect(await it.call('retryWorkflow', { id: String(first.body.id) })).toMatchObject({
      code: 'invalid_transition',
      body: { error: `workflow "${second.body.id}" runs under the same unique_key` },
    });
  });

  test('it goes when its workflow does: the next one has it for good', async () => {
    const it = aWorkflowWorld();
    const key = { pk: 'wk#acme#0', sk: 'key' };
    await it.workflows.holdKey(key, workflowId, 0);
    await it.create(nodes, { unique: key.pk });
    await it.advance();
    expect(await it.finish()).toBe('completed');
    expect([...it.workflows.expiring]).toEqual([[key.pk, it.item()?.expiresAt]]);
    const holder = await it.workflows.holdKey(key, 'another', 0);
    await it.workflows.holdKey(key, 'another', 0, holder);
    expect([...it.workflows.expiring]).toEqual([]);
  });

  test('held by a call that died before it stored anything: busy for a minute, then taken over', async () => {
    const it = aWorkflowWorld();
    it.world.faults.throwBefore('createWorkflow');
    await expect(minted(it)).rejects.toThrow();
    await it.world.clock.advance(1_000);
    expect(await minted(it)).toMatchObject({ code: 'busy' });
    await it.world.clock.advance(60_000);
    expect((await minted(it)).status).toBe(201);
  });

  test('its caller repeats the call minutes later: it has a minute again, whatever the age of its id', async () => {
    const it = aWorkflowWorld();
    const call = () => it.call('startWorkflow', { json, idempotencyKey: 'mine' });
    it.world.faults.throwBefore('createWorkflow');
    await expect(call()).rejects.toThrow();
    await it.world.clock.advance(600_000);
    it.world.faults.throwBefore('createWorkflow');
    await expect(call()).rejects.toThrow();
    await it.world.clock.advance(59_000);
    expect(await minted(it)).toMatchObject({ code: 'busy' });
    expect((await call()).status).toBe(200);
  });

  test('taken over while it was on its way: its first advance stops it before it has begun', async () => {
    const it = aWorkflowWorld();
    const key = { pk: 'wk#acme#0', sk: 'key' };
    await it.workflows.holdKey(key, workflowId, 0);
    const seen = await it.workflows.holdKey(key, 'another', 0);
    await it.workflows.holdKey(key, 'another', 60_000, seen);
    await it.create(nodes, { unique: key.pk });
    await it.advance();
    expect(it.item()).toMatchObject({ status: 'cancelled', stopped: 'cancelled' });
    expect(await it.letters()).toBe('x');
    expect(it.live()).toEqual([]);
  });

  test('it has begun: who took it for dead does not take its key', async () => {
    const it = aWorkflowWorld();
    const key = { pk: 'wk#acme#0', sk: 'key' };
    await it.workflows.holdKey(key, workflowId, 0);
    const seen = await it.workflows.holdKey(key, 'another', 60_000);
    await it.create(nodes, { unique: key.pk });
    await it.advance();
    expect(await it.workflows.holdKey(key, 'another', 60_000, seen)).toMatchObject({ workflow: workflowId });
    expect(await it.finish()).toBe('completed');
  });

  test('the repeat of an Idempotency-Key is answered with its own workflow, whoever holds the key now', async () => {
    const it = aWorkflowWorld();
    const call = () => it.call('startWorkflow', { json, idempotencyKey: 'mine' });
    const first = await call();
    await end(it, String(first.body.id), 'completed');
    await it.world.clock.advance(1_000);
    expect((await minted(it)).status).toBe(201);
    expect(await call()).toMatchObject({ status: 200, body: { id: first.body.id, status: 'completed' } });
  });
});

describe('callback', () => {
  const callback = { url: 'https://example.com/done', secret: 's' };
  const calls = (it: ReturnType<typeof aWorkflowWorld>) =>
    it.world.store.all().filter(({ type }) => type === 'webhook.deliver');

  test('a job of its own tells the end, once, whoever dies', async () => {
    const it = aWorkflowWorld();
    await it.create(nodes, { callback, tags: ['t'] });
    await it.advance();
    await it.end(it.live()[0] as JobRecord, 'failed');
    await it.publishAll();
    it.world.faults.throwBefore('deliver');
    it.world.faults.throwAfter('insert');
    await expect(it.advance()).rejects.toThrow();
    await expect(it.advance()).rejects.toThrow();
    expect(await it.advance()).toMatchObject({ outcome: 'ended' });
    await it.advance();
    expect(it.item()?.status).toBe('failed');
    const [told, ...others] = calls(it) as [JobRecord];
    expect(others).toEqual([]);
    expect(told.workflow).toBeUndefined();
    const as = { tenant, jobId: told.sk, field: 'payload' } as const;
    expect(await it.world.vault.open(told.payload, as)).toMatchObject({
      ...callback,
      body: { workflow_id: workflowId, status: 'failed', tags: ['t'] },
    });
  });

  test('each retry has an end of its own', async () => {
    const it = aWorkflowWorld();
    await it.create(nodes, { callback });
    await it.advance();
    await it.finish([0]);
    await it.end(calls(it)[0] as JobRecord, 'completed');
    await it.call('retryWorkflow');
    await it.advance();
    await it.finish();
    expect(calls(it)).toHaveLength(2);
  });

  test('what is wrong with it is said before anything is stored', async () => {
    const it = aWorkflowWorld();
    const json = { nodes, callback: { url: 'nowhere' } };
    expect(await it.call('startWorkflow', { json })).toMatchObject({
      code: 'invalid_payload',
      body: { details: [{ path: '/callback/url' }] },
    });
    expect(it.executions.started.size).toBe(0);
  });
});

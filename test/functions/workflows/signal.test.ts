import { describe, expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { sendSignal } from '../../../functions/workflows/signal.ts';
import { aRequest } from '../../support/requests.ts';
import { aWorkflowWorld, signals, tenant, workflowId } from '../advance/workflow-world.ts';

const nodes = [
  { key: 'a', type: 'task' },
  { key: 'ok', signal: 'approval', depends_on: ['a'] },
  { key: 'b', type: 'task', depends_on: ['ok'], when: 'results.ok.approved' },
];
const approve = (approved: boolean) => ({ name: 'approval', json: { payload: { approved } } });

async function waiting() {
  const it = aWorkflowWorld();
  await it.create(nodes);
  await it.advance();
  return it;
}

async function awaited() {
  const it = await waiting();
  await it.end(it.live()[0] as JobRecord, 'completed');
  await it.publishAll();
  await it.advance();
  return it;
}

test('sent while it is awaited it wakes the workflow; what follows sees its payload', async () => {
  const it = await awaited();
  expect(await it.letters()).toBe('crw');
  expect(await it.call('sendSignal', approve(true))).toMatchObject({ status: 202 });
  expect(it.executions.answers.get('token-2')).toEqual({ done: false, waitSeconds: 60 });
  await it.advance();
  expect(await it.letters()).toBe('ccr');
});

test('a no is an answer too', async () => {
  const it = await awaited();
  await it.call('sendSignal', approve(false));
  await it.advance();
  expect(await it.letters()).toBe('ccs');
  expect(it.item()?.status).toBe('completed');
});

test('sent before it is awaited it is kept', async () => {
  const it = await waiting();
  expect(await it.call('sendSignal', approve(true))).toMatchObject({ status: 202 });
  await it.end(it.live()[0] as JobRecord, 'completed');
  await it.publishAll();
  await it.advance();
  expect(await it.letters()).toBe('ccr');
});

test('the first stands: the same again is 200, another 409', async () => {
  const it = await waiting();
  await it.call('sendSignal', approve(true));
  expect(await it.call('sendSignal', approve(true))).toMatchObject({ status: 200 });
  expect(await it.call('sendSignal', approve(false))).toMatchObject({ code: 'invalid_transition' });
  expect(await it.finish()).toBe('completed');
  expect(await it.call('sendSignal', approve(true))).toMatchObject({ status: 200 });
  expect(await it.call('sendSignal', approve(false))).toMatchObject({ code: 'invalid_transition' });
});

test('kept and not told, its sender dead: found when the wait ends', async () => {
  const it = await awaited();
  it.world.faults.throwBefore('raise');
  await expect(it.call('sendSignal', approve(true))).rejects.toThrow();
  await it.advance({ timedOut: true });
  expect(await it.letters()).toBe('ccr');
});

test('refused: a name that is not declared, a payload that does not fit, a workflow that waits for none or is over', async () => {
  const it = await waiting();
  expect(await it.call('sendSignal', { name: 'nobody', json: { payload: 1 } })).toMatchObject({
    code: 'unknown_signal',
    body: { details: [{ path: 'name', message: 'must be one of "approval"' }] },
  });
  expect(await it.call('sendSignal', { name: 'approval', json: {} })).toMatchObject({
    code: 'invalid_request',
  });
  expect(await it.call('sendSignal', { name: 'approval', json: { payload: { approved: 1 } } })).toMatchObject(
    {
      code: 'invalid_payload',
      body: { details: [{ path: '/payload/approved', message: 'must be a boolean' }] },
    },
  );
  const other = aWorkflowWorld();
  await other.create([{ key: 'a', type: 'task' }]);
  expect(await other.call('sendSignal', approve(true))).toMatchObject({
    code: 'invalid_transition',
    body: { error: 'no node of this workflow waits for signal "approval"' },
  });
  await it.call('cancelWorkflow');
  await it.advance();
  expect(it.item()?.status).toBe('cancelled');
  expect(await it.call('sendSignal', approve(true))).toMatchObject({ code: 'invalid_transition' });
});

describe('through a retry', () => {
  /** Approved, then its last node fails. */
  async function approvedAndFailed() {
    const it = await awaited();
    await it.call('sendSignal', approve(true));
    await it.advance();
    expect(await it.finish([2])).toBe('failed');
    return it;
  }
  test('of what failed, it stands', async () => {
    const it = await approvedAndFailed();
    await it.call('retryWorkflow');
    await it.advance();
    expect(await it.letters()).toBe('ccr');
  });
  test('of all, it must come again, and may be another', async () => {
    const it = await approvedAndFailed();
    await it.call('retryWorkflow', { json: { mode: 'all' } });
    await it.advance();
    await it.end(it.live()[0] as JobRecord, 'completed');
    await it.publishAll();
    await it.advance();
    expect(await it.letters()).toBe('crw');
    await it.advance({ timedOut: true });
    expect(await it.letters()).toBe('crw');
    expect(await it.call('sendSignal', approve(false))).toMatchObject({ status: 202 });
    await it.advance();
    expect(await it.letters()).toBe('ccs');
    expect(await it.call('sendSignal', approve(true))).toMatchObject({ code: 'invalid_transition' });
  });
  test('of all, that begins while it is sent: it approves nothing', async () => {
    const it = await awaited();
    const seen = await it.workflows.get(tenant, workflowId);
    await it.call('cancelWorkflow');
    await it.advance();
    await it.call('retryWorkflow', { json: { mode: 'all' } });
    // Its sender saw the workflow as it was before.
    const late = sendSignal({ ...it.deps, signals, workflows: { ...it.workflows, get: async () => seen } });
    await late(
      aRequest('sendSignal', { id: workflowId, name: 'approval', body: '{"payload":{"approved":true}}' }),
    );
    await it.advance();
    await it.end(it.live()[0] as JobRecord, 'completed');
    await it.publishAll();
    await it.advance();
    expect(await it.letters()).toBe('crw');
  });
});

describe('by its deadline', () => {
  const bounded = [
    { key: 'ok', signal: 'approval', timeout_seconds: 5 },
    { key: 'b', type: 'task', depends_on: ['ok'] },
  ];
  async function until(more: object[] = []) {
    const it = aWorkflowWorld();
    await it.create([...bounded, ...more]);
    await it.advance();
    return it;
  }
  const failed = expect.objectContaining({
    ...{ key: 'ok', status: 'failed', cause: 'the signal did not come in time' },
  });

  test('sent after it, it is refused, and the node fails', async () => {
    const it = await until();
    await it.world.clock.advance(5_001);
    expect(await it.call('sendSignal', approve(true))).toMatchObject({
      code: 'invalid_transition',
      body: {
        error: expect.stringMatching(/^signal "approval" comes too late: node "ok" waited for it until 20/),
      },
    });
    await it.advance({ timedOut: true });
    expect(await it.letters()).toBe('fx');
    expect((await it.call('getWorkflow')).body).toMatchObject({ nodes: expect.arrayContaining([failed]) });
    expect(await it.call('sendSignal', approve(true))).toMatchObject({ code: 'invalid_transition' });
  });

  test('sent in time it counts, however late the advance, and whoever told of it', async () => {
    const it = await until();
    await it.world.clock.advance(5_000);
    it.world.faults.throwBefore('raise');
    await expect(it.call('sendSignal', approve(true))).rejects.toThrow();
    await it.world.clock.advance(60_000);
    await it.advance();
    expect(await it.letters()).toBe('cr');
  });

  const send = (it: Awaited<ReturnType<typeof until>>, workflows: object = {}) =>
    sendSignal({ ...it.deps, signals, workflows: { ...it.workflows, ...workflows } })(
      aRequest('sendSignal', { id: workflowId, name: 'approval', body: '{"payload":{"approved":true}}' }),
    );

  test('sent in time and kept too late: its sender hears that the node has failed, also a second time', async () => {
    const it = await until();
    const { keepPart } = it.workflows;
    const answer = await send(it, {
      keepPart: async (...part: Parameters<typeof keepPart>) => {
        await it.world.clock.advance(5_001);
        await it.advance({ timedOut: true });
        return keepPart(...part);
      },
    });
    expect(answer).toMatchObject({ problem: { code: 'invalid_transition' } });
    expect(await it.letters()).toBe('fx');
    expect(await send(it)).toMatchObject({ problem: { code: 'invalid_transition' } });
  });

  test('sent just before it: busy until an advance has looked, by whatever clock', async () => {
    const it = await until();
    await it.world.clock.advance(4_000);
    expect(await send(it)).toMatchObject({ problem: { code: 'busy', retryAfterSeconds: 5 } });
    await it.advance();
    expect(await it.letters()).toBe('cr');
    expect(await send(it)).toMatchObject({ status: 200 });
  });

  test('sent when an advance has begun the node, and not yet stored until when it waits: busy until it has', async () => {
    const it = aWorkflowWorld();
    await it.create(bounded);
    it.world.faults.throwBefore('rest');
    await expect(it.advance()).rejects.toThrow();
    expect(await it.letters()).toBe('rw');
    expect(await send(it)).toMatchObject({ problem: { code: 'busy' } });
    await it.advance();
    expect(await send(it)).toMatchObject({ status: 200 });
  });

  test('it has passed before a retry of what could not be undone: nobody waits for it anew, and it is refused', async () => {
    const it = aWorkflowWorld();
    await it.create([
      { key: 'book', type: 'booking' },
      { key: 'ok', signal: 'approval', timeout_seconds: 5, depends_on: ['book'], on_failure: 'compensate' },
    ]);
    await it.advance();
    await it.end(it.live()[0] as JobRecord, 'completed');
    await it.publishAll();
    await it.advance();
    await it.world.clock.advance(5_001);
    await it.advance({ timedOut: true });
    await it.end(it.live()[0] as JobRecord, 'failed');
    await it.publishAll();
    await it.advance();
    expect(it.item()?.status).toBe('compensation_failed');
    await it.call('retryWorkflow');
    await it.advance();
    expect(await it.letters()).toBe('uf');
    expect(await send(it)).toMatchObject({
      problem: { error: expect.stringMatching(/comes too late: node "ok" waited for it, and no other/) },
    });
  });

  test('sent after it, it is kept for a node that comes later', async () => {
    const it = await until([
      { key: 'again', signal: 'approval', depends_on: ['slow'] },
      { key: 'slow', type: 'task' },
    ]);
    await it.world.clock.advance(5_001);
    expect(await it.call('sendSignal', approve(true))).toMatchObject({ status: 202 });
    await it.advance();
    expect(await it.letters()).toBe('fxwr');
    expect((await it.call('getWorkflow')).body).toMatchObject({ nodes: expect.arrayContaining([failed]) });
    await it.end(it.live()[0] as JobRecord, 'completed');
    await it.publishAll();
    await it.advance();
    expect(await it.letters()).toBe('fxcc');
  });

  test('one that stands there without a time counts', async () => {
    const it = await until();
    const sealed = await it.world.vault.seal(Buffer.from('{"approved":true}'), {
      ...{ tenant, jobId: workflowId, field: 'signal', name: 'approval' },
    });
    await it.workflows.keepPart(tenant, workflowId, 'signal#approval', sealed);
    await it.world.clock.advance(60_000);
    await it.advance();
    expect(await it.letters()).toBe('cr');
  });

  test('a retry of what failed waits for it anew', async () => {
    const it = await until();
    await it.world.clock.advance(5_001);
    await it.advance({ timedOut: true });
    await it.call('retryWorkflow');
    expect(await it.call('sendSignal', approve(true))).toMatchObject({ status: 202 });
    await it.advance();
    expect(await it.letters()).toBe('cr');
  });
});

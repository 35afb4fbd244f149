import { expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { advanceWorkflow } from '../../../functions/advance/advance.ts';
import { Unopenable } from '../../../functions/keys.ts';
import { aWorkflowWorld, tenant, workflowId } from './workflow-world.ts';

type It = ReturnType<typeof aWorkflowWorld>;

/** `a` has completed, `ok` is waited for so long that the job of `a` is no longer stored. */
async function outlived(last: object) {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'booking' },
    { key: 'ok', signal: 'approval', depends_on: ['a'] },
    { key: 'b', type: 'task', depends_on: ['ok', 'a'], ...last },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed', { n: 1 });
  await it.publishAll();
  await it.advance();
  it.world.store.remove(it.world.store.all()[0]?.sk ?? '');
  await it.call('sendSignal', { name: 'approval', json: { payload: { approved: true } } });
  await it.advance();
  return it;
}
const lost = { 2: 'the result of "a" can not be had any more' };

test('a node that takes from a job that is no longer stored fails, and says so', async () => {
  const it = await outlived({ from: { '/n': { node: 'a', pointer: '/n' } }, payload: {} });
  expect([it.item()?.status, it.item()?.causes]).toEqual(['failed', lost]);
});

test('so does one whose condition looks at it, and none that only comes after it', async () => {
  expect((await outlived({ when: 'results.a.n == 1' })).item()?.causes).toEqual(lost);
  expect(await (await outlived({ when: 'results.ok.approved' })).letters()).toBe('ccr');
  expect(await (await outlived({})).letters()).toBe('ccr');
});

test('what is no longer stored can not be undone, and that is said', async () => {
  const it = await outlived({ on_failure: 'compensate' });
  expect(await it.finish([2])).toBe('compensation_failed');
  expect(it.item()?.causes).toEqual({
    u0: 'what the node did cannot be undone: its job is no longer stored',
  });
});

/** An advance of a tenant whose key is gone, for values of one kind. */
async function advanceWithoutKey(it: It, field: string, name = '') {
  const vault = {
    ...it.world.vault,
    open: async (...[stored, as]: Parameters<typeof it.world.vault.open>) => {
      if (as.field === field && ('name' in as ? as.name : undefined)?.startsWith(name) !== false)
        throw new Unopenable('tenant "acme" has no key "1": it was revoked or shredded');
      return it.world.vault.open(stored, as);
    },
  };
  return advanceWorkflow({ ...it.deps, vault })({
    ...{ tenant, workflow: workflowId, token: 'token-9', execution: workflowId, waitSeconds: 60 },
    timedOut: false,
  });
}

test('a result whose key was revoked fails the node that takes it; the workflow ends', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    { key: 'b', type: 'task', from: { '/a': { node: 'a' } } },
  ]);
  await it.advance();
  await it.end(it.live()[0] as JobRecord, 'completed', { n: 1 });
  await it.publishAll();
  expect(await advanceWithoutKey(it, 'result')).toMatchObject({ outcome: 'ended' });
  expect(it.item()).toMatchObject({ status: 'failed', causes: { 1: lost[2] } });
});

test('a workflow whose nodes can not be opened any more ends, and says so', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'a', type: 'task' }], { callback: { url: 'https://example.com' } });
  expect(await advanceWithoutKey(it, 'nodes')).toMatchObject({ outcome: 'ended' });
  expect(it.item()).toMatchObject({ status: 'failed', stopped: 'unopenable' });
});

test('one whose job added nodes that can not be opened any more fails that node, and ends', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    { key: 'b', type: 'task', depends_on: ['a'] },
  ]);
  await it.advance();
  await it.enqueueFor(it.live()[0] as JobRecord)([{ key: 'more', type: 'task' }]);
  expect(await advanceWithoutKey(it, 'nodes', 'added-')).toMatchObject({ outcome: 'ended' });
  expect(it.item()).toMatchObject({
    status: 'failed',
    causes: { 0: 'the nodes that its job added can not be had any more' },
  });
});

test('and whoever asks for its nodes is told so, not that TaskQ failed', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'a', type: 'task' }]);
  it.world.keys.openingKey = async () => {
    throw new Unopenable('tenant "acme" has no key "v1": it was revoked or shredded');
  };
  expect(await it.call('getWorkflow')).toMatchObject({ code: 'payload_expired' });
  expect(await it.call('getWorkflow', { query: { nodes: ['false'] } })).toMatchObject({ status: 200 });
});

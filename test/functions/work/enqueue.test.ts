import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { enqueueOf } from '../../../functions/work/enqueue.ts';
import { tenant, workflowId } from '../advance/workflow-world.ts';
import { fan, jobOf, keysAndStates, links, nodesOf, refused, running, task } from './adding.ts';

describe('a job adds nodes to its workflow', () => {
  test('they start, wait and take results like any others, and the workflow ends with them', async () => {
    const it = await running();
    await it.enqueueFor(jobOf(it, 0))(fan);
    expect(it.executions.answers.get('token-1')).toEqual({ done: false, waitSeconds: 60 });
    await it.advance();
    expect(await keysAndStates(it)).toEqual([
      'list running',
      'after waiting',
      'list/a running',
      'list/b running',
      'list/c waiting',
      'list/join waiting',
    ]);
    await it.end(jobOf(it, 0), 'completed');
    await it.publishAll();
    await it.advance();
    expect(await it.letters()).toBe('crrrrw');
    expect(await it.finish()).toBe('completed');
    expect(links(it)).toEqual(['0#0', '1#0', '2#0', '3#0', '4#0', '5#0']);
    const join = it.world.store.all().find((each) => it.nodeOf(each) === 5) as JobRecord;
    const as = { tenant, jobId: join.sk, field: 'payload' } as const;
    expect(await it.world.vault.open(join.payload, as)).toEqual([{ of: 2 }, { of: 3 }, { of: 4 }]);
  });

  test('an API call shows who added a node, and what it waits for', async () => {
    const it = await running();
    await it.enqueueFor(jobOf(it, 0))(fan);
    await it.advance();
    const nodes = await nodesOf(it);
    expect(nodes[4]).toMatchObject({ added_by: 'list', depends_on: ['list'], waits_for: ['list'] });
    expect(nodes[5]).toMatchObject({ added_by: 'list', waits_for: ['list/a', 'list/b', 'list/c'] });
    expect(nodes[1]?.added_by).toBeUndefined();
  });

  test('several calls, at once too, add one after the other', async () => {
    const it = await running();
    const enqueue = it.enqueueFor(jobOf(it, 0));
    await Promise.all([enqueue([task('a')]), enqueue([task('b', { depends_on: ['a'] })]), enqueue([])]);
    await enqueue([task('a'), task('c', { depends_on: ['b'] })]);
    await it.advance();
    expect(await keysAndStates(it)).toEqual([
      'list running',
      'after waiting',
      'list/a running',
      'list/b waiting',
      'list/c waiting',
    ]);
  });

  test('jobs that add at the same time are in nobody’s way, elements of a map too', async () => {
    const it = await running([
      task('list'),
      task('each', { map: { over: { node: 'list' } } }),
      task('other'),
    ]);
    await it.end(jobOf(it, 0), 'completed', [1, 2]);
    await it.publishAll();
    await it.advance();
    const adders = [2, 3, 4].map((node) => it.enqueueFor(jobOf(it, node)));
    await Promise.all(adders.map((enqueue) => enqueue([task('x', { depends_on: ['.', 'list'] })])));
    const before = it.world.faults.calls.length;
    await it.advance();
    const calls = it.world.faults.calls.slice(before);
    expect((await keysAndStates(it)).slice(5).sort()).toEqual([
      'each[0]/x waiting',
      'each[1]/x waiting',
      'other/x waiting',
    ]);
    // One item for what all of them added, and nothing of the graph is read again.
    expect(calls.filter((each) => /append|nodes|added/.test(each))).toEqual(['added 1', 'append 1']);
    expect(await it.finish()).toBe('completed');
  });

  test('what is too big for an item lies beside it', async () => {
    const it = await running();
    const payload = randomBytes(200_000).toString('base64');
    await it.enqueueFor(jobOf(it, 0))([task('a', { payload }), task('b', { payload })]);
    await it.advance();
    expect(it.world.faults.calls).toContain('putObject 1');
    expect(await it.letters()).toBe('rwrr');
  });
});

describe('refused, with a reason', () => {
  test('every fault at once, with its path', async () => {
    const it = await running();
    const enqueue = it.enqueueFor(jobOf(it, 0));
    await refused(/\/nodes\/0\/depends_on\/0 there is no node "x".*\/nodes\/1\/payload\/n must be/s)(
      enqueue([task('a', { depends_on: ['x'] }), { key: 'b', type: 'strict', payload: { n: 'no' } }]),
    );
    await refused(/\/nodes\/0\/key must match/)(enqueue([{ key: 'a b', type: 'task' }]));
    await refused(/a list/)(enqueue({ key: 'a' } as never));
    await refused(/4194304/)(enqueue([task('a', { payload: 'x'.repeat(5_000_000) })]));
  });

  test('outside of a workflow, and by a job that undoes', async () => {
    const it = await running();
    const { workflow: _, ...alone } = jobOf(it, 0);
    await refused(/runs in none/)(it.enqueueFor(alone)(fan));
    const undoing = { ...jobOf(it, 0), workflow: `${workflowId}#0#0#undo` };
    await refused(/undoes a node/)(it.enqueueFor(undoing)(fan));
  });

  test('when the workflow is to be stopped, is stopping, has ended', async () => {
    const it = await running();
    const late = jobOf(it, 0);
    await it.call('cancelWorkflow');
    await refused(/being stopped/)(it.enqueueFor(late)(fan));
    it.world.store.put({ ...late, status: 'running', fence: 1 });
    await it.advance();
    expect(it.item()).toMatchObject({ status: 'running', phase: 'stopping' });
    await refused(/being stopped/)(it.enqueueFor(late)(fan));
    await it.end(it.world.store.peek(late.sk) as JobRecord, 'cancelled');
    await it.publishAll();
    await it.advance();
    await refused(/is cancelled/)(it.enqueueFor(late)(fan));
    expect(await it.workflows.added(tenant, workflowId)).toEqual([]);
  });

  test.each([
    ['it ends', 'pending', /is cancelled/, 'xx'],
    ['it is being stopped', 'running', /being stopped/, 'rx'],
  ] as const)('%s while they are written: they are not told of', async (_, status, why, letters) => {
    const it = await running();
    const job = jobOf(it, 0);
    it.world.store.put({ ...job, status });
    const { raise } = it.workflows;
    const inBetween = {
      ...it.workflows,
      raise: async (...given: Parameters<typeof raise>) => {
        await it.call('cancelWorkflow');
        await it.advance();
        return raise(...given);
      },
    };
    const enqueue = enqueueOf({ ...it.deps, workflows: inBetween })(job, new AbortController().signal);
    await refused(why)(enqueue(fan));
    expect([await it.letters(), it.item()?.unread]).toEqual([letters, undefined]);
  });

  test('told of before a cancel is heard, they are cancelled with the rest', async () => {
    const it = await running();
    await it.enqueueFor(jobOf(it, 0))(fan);
    await it.call('cancelWorkflow');
    await it.advance();
    expect([await it.letters(), it.item()?.status]).toEqual(['xxxxxx', 'cancelled']);
  });

  test('by an attempt whose time is over', async () => {
    const it = await running();
    const over = new AbortController();
    over.abort(new Error('its lease is lost'));
    await expect(it.enqueueFor(jobOf(it, 0), over.signal)(fan)).rejects.toThrow('its lease is lost');
    expect(await it.workflows.added(tenant, workflowId)).toEqual([]);
  });

  test('more than the workflow takes', async () => {
    const it = await running();
    const many = (name: string, count: number) =>
      Array.from({ length: count }, (_, index) => task(`${name}${index}`, { depends_on: ['.'] }));
    const enqueue = it.enqueueFor(jobOf(it, 0));
    await enqueue(many('a', 6_000));
    await refused(/\/nodes must be at most 3998/)(enqueue(many('b', 4_000)));
    await enqueue(many('c', 3_998));
    await refused(/at most 0/)(enqueue(many('d', 1)));
    await it.advance();
    expect(it.item()?.nodes).toBe(10_000);
  }, 60_000);
});

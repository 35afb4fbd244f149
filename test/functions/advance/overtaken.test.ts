import { describe, expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { advanceWorkflow } from '../../../functions/advance/advance.ts';
import type { Workflows } from '../../../functions/workflows.ts';
import { aWorkflowWorld, tenant, workflowId } from './workflow-world.ts';

type It = ReturnType<typeof aWorkflowWorld>;

/** An advance whose end is overtaken so often by other news of the workflow. */
async function advanceOvertaken(it: It, times: number) {
  let left = times;
  const rest: Workflows['rest'] = async (seen, change) => {
    if (left-- > 0) await it.workflows.raise(tenant, workflowId, [`signal:other${left}`]);
    return it.workflows.rest(seen, change);
  };
  return advanceWorkflow({ ...it.deps, workflows: { ...it.workflows, rest } })({
    tenant,
    workflow: workflowId,
    token: 'token-overtaken',
    execution: workflowId,
    waitSeconds: 60,
    timedOut: false,
  });
}

describe('an advance whose end is overtaken', () => {
  test('keeps the deadline of a signal', async () => {
    const it = aWorkflowWorld();
    await it.create([{ key: 'ok', signal: 'approval', timeout_seconds: 30 }]);
    await advanceOvertaken(it, 1);
    expect(it.item()?.deadlines).toEqual({ 0: it.world.clock.now() + 30_000 });
  });

  test('keeps why a node failed', async () => {
    const it = aWorkflowWorld();
    await it.create([
      { key: 'each', type: 'task', map: { over: { node: 'list' } } },
      { key: 'list', type: 'task' },
      { key: 'long', type: 'task' },
    ]);
    await it.advance();
    for (const job of it.live()) if (it.nodeOf(job) === 1) await it.end(job, 'completed', 'no list');
    await it.publishAll();
    await advanceOvertaken(it, 1);
    expect(it.item()?.causes).toEqual({ 0: 'what the map goes over is no list' });
  });

  test('still undoes, when a dependency asked for it', async () => {
    const it = aWorkflowWorld();
    await it.create([
      { key: 'a', type: 'booking' },
      { key: 'b', type: 'task', depends_on: ['a'] },
      { key: 'c', type: 'task', depends_on: [{ key: 'b', on_failure: 'compensate' }] },
      { key: 'long', type: 'task' },
    ]);
    await it.advance();
    for (const job of it.live()) if (it.nodeOf(job) === 0) await it.end(job, 'completed');
    await it.publishAll();
    await it.advance();
    for (const job of it.live()) if (it.nodeOf(job) === 1) await it.end(job, 'failed');
    await it.publishAll();
    await advanceOvertaken(it, 1);
    expect(await it.finish()).toBe('compensated');
  });

  test('however often: it hands its token back and goes on, and leaves no news unread that it took in', async () => {
    const it = aWorkflowWorld();
    await it.create([{ key: 'a', type: 'task' }]);
    expect(await advanceOvertaken(it, 1_000)).toMatchObject({ outcome: 'again' });
    expect(it.item()?.unread?.size ?? 0).toBeLessThan(10);
  });
});

test('the deadline of a signal outlives an advance that died before it could write it', async () => {
  const it = aWorkflowWorld();
  await it.create([{ key: 'ok', signal: 'approval', timeout_seconds: 30 }]);
  it.world.faults.throwBefore('rest');
  await expect(it.advance()).rejects.toThrow();
  await it.world.clock.advance(1_000);
  await it.advance();
  expect(it.item()?.deadlines).toEqual({ 0: it.world.clock.now() + 30_000 });
});

test('more than one turn starts are started by the next, and what was done is saved in between', async () => {
  const it = aWorkflowWorld();
  await it.create(Array.from({ length: 1_200 }, (_, index) => ({ key: `n${index}`, type: 'task' })));
  const saved: number[] = [];
  const saveStates: Workflows['saveStates'] = async (of, id, part) => {
    saved.push(it.live().length);
    return it.workflows.saveStates(of, id, part);
  };
  const { outcome, rounds } = await advanceWorkflow({
    ...it.deps,
    workflows: { ...it.workflows, saveStates },
  })({
    tenant,
    workflow: workflowId,
    token: 'token-1',
    execution: workflowId,
    waitSeconds: 60,
    timedOut: false,
  });
  expect([outcome, rounds, await it.letters()]).toEqual(['resting', 2, 'r'.repeat(1_200)]);
  expect([...new Set(saved)]).toEqual([1_000, 1_200]);
});

test('elements that a dead advance appended in a later round have their jobs once', async () => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'list', type: 'task' },
    { key: 'each', type: 'task', map: { over: { node: 'list' }, max_concurrency: 9 } },
  ]);
  await it.advance();
  expect(await it.finish([0])).toBe('failed');
  await it.call('retryWorkflow');
  await it.advance();
  for (const job of it.live()) await it.end(job, 'completed', ['x', 'y']);
  await it.publishAll();
  // Its elements stand and have their jobs; their states are not written.
  it.world.faults.throwBefore('saveStates');
  await expect(it.advance()).rejects.toThrow();
  await it.advance();
  expect(
    it
      .live()
      .map(({ workflow }) => workflow?.replace(`${workflowId}#`, ''))
      .sort(),
  ).toEqual(['2#1000', '3#1000']);
});

describe('two advances whose clocks find otherwise of a signal', () => {
  const approved = (it: It) =>
    it.world.vault.seal(Buffer.from('{"approved":true}'), {
      ...{ tenant, jobId: workflowId, field: 'signal', name: 'approval' },
    });

  test('one goes forward by an old reading: what the other undoes, nothing is begun on', async () => {
    const it = aWorkflowWorld();
    await it.create([
      { key: 'ok', signal: 'approval', timeout_seconds: 5, on_failure: 'compensate' },
      { key: 'a', type: 'booking' },
      { key: 'b', type: 'task', depends_on: ['a'] },
    ]);
    await it.advance();
    await it.end(it.live()[0] as JobRecord, 'completed');
    await it.publishAll();
    const old = { item: it.item(), states: await it.workflows.states(tenant, workflowId), unread: 2 };
    const get: Workflows['get'] = async (...of) => (old.unread-- > 0 ? old.item : it.workflows.get(...of));
    const states: Workflows['states'] = async (...of) =>
      old.unread-- > 0 ? old.states : it.workflows.states(...of);
    // By its clock the deadline is to come.
    const now = () => it.world.clock.now() - 10_000;
    const other = { ...it.deps, now, workflows: { ...it.workflows, get, states } };
    await it.world.clock.advance(6_000);
    const begunOnWhatIsUndone: JobRecord[] = [];
    let inserts = 0;
    const insert: typeof it.world.store.insert = async (records) => {
      const inserted = await it.world.store.insert(records);
      if (inserts++ === 0) await it.stepOf(other);
      if (records.some(({ workflow }) => workflow?.endsWith('#undo')))
        begunOnWhatIsUndone.push(...it.live().filter((each) => it.nodeOf(each) === 2));
      return inserted;
    };
    await it.stepOf({ ...it.deps, store: { ...it.world.store, insert } });
    expect(await it.finish()).toBe('compensated');
    expect(old.unread).toBeLessThan(1);
    expect(begunOnWhatIsUndone).toEqual([]);
  });

  test('nothing follows from what one found before it is saved', async () => {
    const it = aWorkflowWorld();
    await it.create([
      { key: 'ok', signal: 'approval', timeout_seconds: 5, on_failure: 'continue' },
      {
        ...{ key: 'without', type: 'task', when: 'states.ok == "failed"' },
        depends_on: [{ key: 'ok', on_failure: 'continue' }],
      },
      { key: 'with', type: 'task', depends_on: ['ok'] },
    ]);
    await it.advance();
    const storedAt = it.world.clock.now() + 5_000;
    await it.world.clock.advance(5_001);
    let reads = 0;
    const part: Workflows['part'] = async (...of) => {
      const found = await it.workflows.part(...of);
      // Sent in time and stored a moment later, behind this look; another advance hears of it at once.
      if (reads++ === 0) {
        await it.workflows.keepPart(tenant, workflowId, 'signal#approval', {
          ...(await approved(it)),
          storedAt,
        });
        await it.workflows.raise(tenant, workflowId, ['signal:approval']);
        await it.advance();
      }
      return found;
    };
    await it.stepOf({ ...it.deps, workflows: { ...it.workflows, part } });
    expect(await it.letters()).toBe('csr');
    expect(it.live().map(it.nodeOf)).toEqual([2]);
  });
});

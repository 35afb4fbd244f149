import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../core/table.ts';
import { patienceOfCallersMs, tellingStore, tellWorkflows } from '../../functions/tell.ts';
import { aJobId } from '../support/a-job.ts';
import { told as answered, manager } from '../support/requests.ts';
import { worker } from '../support/worker.ts';
import { aWorld } from '../support/world.ts';
import { aWorkflowWorld } from './advance/workflow-world.ts';

/** A world whose worker tells of workflows, the first `refusals` times in vain. */
function telling(refusals: number) {
  const world = aWorld();
  const told: string[] = [];
  let left = refusals;
  const tell = async (records: readonly JobRecord[]) => {
    if (left-- > 0) throw new Error('the control table throttles');
    told.push(...records.map(({ sk }) => sk));
  };
  const store = tellingStore(world.store, tell, () => {}, world.clock.after);
  return { world, told, ...worker(world, undefined, { store }) };
}

const link = () => ({ workflow: `${aJobId()}#0#0` });

describe('a workflow that cannot be told', () => {
  it('of a job that was found final: its message comes back, and the jobs claimed beside it run', async () => {
    const { world, told, invoke } = telling(1);
    const ended = await world.job('done', { status: 'completed', ...link() });
    // Promised at most one start: a claim that is thrown away would be its end.
    const others = [await world.job('a', { attemptsLeft: 1 }), await world.job('b')];
    world.point('normal', ended, ...others);
    await invoke('normal');
    for (const { sk } of others) expect(world.store.peek(sk)?.status).toBe('completed');
    expect(told).toEqual([]);
    expect(world.lanes.waiting('normal').map(({ job }) => job)).toEqual([ended.sk]);

    await world.clock.advance(5_000);
    await invoke('normal');
    expect(told).toEqual([ended.sk]);
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('of a job that was settled: it is told a moment later, by the same attempt', async () => {
    const { world, told, invoke } = telling(1);
    const jobs = [await world.job('a', link()), await world.job('b')];
    world.point('normal', ...jobs);
    const over = invoke('normal');
    await world.clock.advance(1_000);
    await over;
    for (const { sk } of jobs) expect(world.store.peek(sk)).toMatchObject({ status: 'completed', fence: 1 });
    expect(told).toEqual([jobs[0]!.sk]);
    expect(world.lanes.waiting('normal')).toEqual([]);
  });
});

describe('a workflow that is told slowly', () => {
  it('of a job that a person cancels: the answer waits for it', async () => {
    const world = aWorld();
    const { after, sleep, advance } = world.clock;
    const store = tellingStore(
      world.store,
      () => sleep(3_000),
      () => {},
      after,
      patienceOfCallersMs,
    );
    const { sk: id } = await world.job('waits', { status: 'scheduled', ...link() });
    const cancel = manager({ ...world, store } as typeof world).call('cancelJob', { id });
    await advance(3_000);
    expect(answered(await cancel)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  });

  it('does not hold up the jobs that share the call, and is told once', async () => {
    const world = aWorld();
    let told = 0;
    let finish = (): void => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const tell = async () => {
      told++;
      await slow;
    };
    const store = tellingStore(world.store, tell, () => {}, world.clock.after);
    const { invoke } = worker(world, undefined, { store });
    const [ended, plain] = [
      await world.job('done', { status: 'completed', ...link() }),
      await world.job('a'),
    ];
    world.point('normal', ended, plain);
    const over = invoke('normal');
    await world.clock.advance(1_100);
    expect(world.store.peek(plain.sk)?.status).toBe('completed');
    finish();
    await world.clock.advance(10_000);
    await over;
    expect(told).toBe(1);
  });
});

describe('a token that could not be handed back', () => {
  it('is there again for whoever tells next', async () => {
    const it = aWorkflowWorld();
    await it.create([{ key: 'a', type: 'task' }]);
    await it.advance();
    await it.end(it.live()[0] as JobRecord, 'completed');
    it.world.faults.throwBefore('handBack');
    const tell = tellWorkflows(it.deps);
    await expect(tell(it.world.store.all())).rejects.toThrow();
    expect(it.executions.answers.has('token-1')).toBe(false);
    await tell(it.world.store.all());
    expect(it.executions.answers.get('token-1')).toEqual({ done: false, waitSeconds: 60 });
  });
  it('of a cancel: said again, it wakes the workflow', async () => {
    const it = aWorkflowWorld();
    await it.create([{ key: 'a', type: 'task' }]);
    await it.advance();
    it.world.faults.throwBefore('handBack');
    await expect(it.call('cancelWorkflow')).rejects.toThrow();
    expect(await it.call('cancelWorkflow')).toMatchObject({ status: 202 });
    expect(it.executions.answers.has('token-1')).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../core/table.ts';
import { tellingStore } from '../../functions/tell.ts';
import { aJobId } from '../support/a-job.ts';
import { worker } from '../support/worker.ts';
import { aWorld } from '../support/world.ts';

/** A world whose worker tells of workflows, the first `refusals` times in vain. */
function telling(refusals: number) {
  const world = aWorld();
  const told: string[] = [];
  let left = refusals;
  const tell = async (records: readonly JobRecord[]) => {
    if (left-- > 0) throw new Error('the control table throttles');
    told.push(...records.map(({ sk }) => sk));
  };
  const store = tellingStore(world.store, tell, () => {});
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

import { expect, it } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { aJobId } from '../../support/a-job.ts';
import { aWorld } from '../../support/world.ts';
import { burier } from './dead.ts';

it('of a job that is final already its workflow is told before the letter goes: whoever ended it may have died', async () => {
  const world = aWorld();
  const job = await world.job('done', { status: 'completed', workflow: `${aJobId()}#0#0` });
  world.point('dead', job);
  const told: string[] = [];
  let refuses = true;
  const tell = async (records: readonly JobRecord[]) => {
    if (refuses) throw new Error('the control table throttles');
    told.push(...records.map(({ sk }) => sk));
  };
  const { invoke } = burier(world, undefined, tell);
  await invoke();
  expect(world.lanes.waiting('dead')).toHaveLength(1);
  refuses = false;
  await world.clock.advance(60_000);
  await invoke();
  expect(told).toEqual([job.sk]);
  expect(world.lanes.waiting('dead')).toEqual([]);
});

import type { JobContext } from '../../../core/define.ts';
import { TransientError } from '../../../core/errors.ts';
import { manager, told } from '../../support/requests.ts';
import { worker } from '../../support/worker.ts';
import { aWorld, type World } from '../../support/world.ts';

export type Handler = (payload: unknown, job: JobContext) => unknown;

/** A job, and runs of it: each by a worker of its own, an hour after the one before. */
export async function aRun() {
  const world = aWorld();
  const job = await world.job();
  world.point('normal', job);
  const run = async (handler: Handler) => {
    const working = worker(world, handler as never);
    await working.invoke('normal');
    await world.clock.advance(3_600_000);
    return { ...working, record: world.store.peek(job.sk)! };
  };
  return { world, job, run };
}

/** What the API tells of its effects. */
export const stored = async (world: World, id: string) =>
  told(await manager(world).call('getEffects', { id })).body.effects;

export const down = () => new TransientError('down', 'network');

import type { JobContext } from '../../../core/define.ts';
import type { WorkDeps } from '../../../functions/work/work.ts';
import type { aJob } from '../../support/a-job.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

export type Handler = (payload: unknown, job: JobContext) => unknown;

/** One job, run once by this handler. */
export async function runOnce(
  handler: Handler,
  fields: Parameters<typeof aJob>[0] = {},
  { payload = 'a payload', ...deps }: Partial<WorkDeps> & { payload?: unknown } = {},
) {
  const world = aWorld();
  const job = await world.job(payload, fields);
  world.point('normal', job);
  const working = worker(world, handler as never, deps);
  await working.invoke('normal');
  const errors = (await world.vault.listErrors('acme', job.sk)) as { message: string }[];
  return { ...working, world, job, record: world.store.peek(job.sk)!, errors };
}

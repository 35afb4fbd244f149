import type { JobContext } from '../../../core/define.ts';
import type { CancelMany, CancelManyResult, RetryMany, RetryManyResult } from '../../../core/many.ts';
import { type JobRecord, tenantOf } from '../../../core/table.ts';
import { operationHandlers } from '../../../functions/operate/handlers.ts';
import { vault } from '../../../functions/vault.ts';
import { Snoozed, snoozeOf } from '../../../functions/work/snooze.ts';
import { aJob, aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { fakeKeys } from '../../support/fake-keys.ts';
import { memoryCheckpoints } from '../../support/memory-checkpoints.ts';
import { memorySealed } from '../../support/memory-sealed.ts';
import { aWorld, contracts, type World } from '../../support/world.ts';

export const hourMs = 3_600_000;

/** A world in which operations are carried out, start by start, each start in a process of its own. */
export function operating() {
  const world = aWorld();
  const checkpoints = memoryCheckpoints(world.faults);
  const errors: string[] = [];
  const notes: string[] = [];
  const handlerOf = operationHandlers({
    ...world,
    checkpoints,
    newOwner: () => `attempt-${Math.random()}`,
    contractOf: (type) => contracts.find((each) => each.type === type),
    now: world.clock.now,
    monotonic: world.clock.monotonic,
    sleep: world.clock.sleep,
    onError: (message) => void errors.push(message),
  });
  const job = (id: string, controller = new AbortController()): JobContext =>
    ({
      id,
      tenant: 'acme',
      attempt: 1,
      signal: controller.signal,
      progress: (percent: number, note = '') => void notes.push(`${percent} % ${note}`),
      snooze: snoozeOf({ sk: id }, world.clock.now),
    }) as unknown as JobContext;

  /** One start: its result, or for how many seconds it snoozes. */
  const startOnce = async (type: string, asked: unknown, id: string, controller?: AbortController) => {
    try {
      return { result: await (await handlerOf(type))(asked as never, job(id, controller)) };
    } catch (error) {
      if (error instanceof Snoozed) return { snoozed: error.seconds };
      throw error;
    }
  };

  /** Starts until there is a result; `between` is what the world does while it snoozes. */
  const run = async (type: string, asked: unknown, id: string, between = async () => {}) => {
    for (let starts = 0; starts < 200; starts++) {
      const end = await startOnce(type, asked, id);
      if ('result' in end) return end.result;
      await between();
      await world.clock.advance(end.snoozed * 1000);
    }
    throw new Error('the operation does not end');
  };

  const operationId = () => aJobId({ at: start });
  return {
    world,
    checkpoints,
    errors,
    notes,
    startOnce,
    run,
    operationId,
    retry: (asked: RetryMany, between?: () => Promise<void>, id = operationId()) =>
      run('taskq.retry', asked, id, between) as Promise<RetryManyResult>,
    cancel: (asked: CancelMany, id = operationId()) =>
      run('taskq.cancel', asked, id) as Promise<CancelManyResult>,
  };
}

/** So many failed jobs, an hour ago, spread over the shards. */
export async function failedJobs(
  world: World,
  count: number,
  fields: NonNullable<Parameters<typeof aJob>[0]> = {},
  payload: unknown = 'a payload',
): Promise<JobRecord[]> {
  const seals = vault(fakeKeys(), memorySealed());
  const jobs: JobRecord[] = [];
  for (let index = 0; index < count; index++) {
    const failed = { status: 'failed', attentionAt: start - hourMs, finishedAt: start - hourMs } as const;
    const job = aJob({ ...failed, sk: aJobId({ at: start - 2 * hourMs }), ...fields });
    const as = { tenant: tenantOf(job), jobId: job.sk, field: 'payload' } as const;
    jobs.push({ ...job, payload: await seals.seal(Buffer.from(JSON.stringify(payload)), as) });
  }
  world.store.put(...jobs);
  return recordsOf(world, jobs);
}

/** The records of jobs as they are now. */
export function recordsOf(world: World, jobs: readonly JobRecord[]): JobRecord[] {
  const all = new Map(world.store.all().map((each) => [each.sk, each]));
  return jobs.map(({ sk }) => all.get(sk) as JobRecord);
}

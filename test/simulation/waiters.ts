import type { ApiAnswer } from '../../functions/http.ts';
import { enqueueAfter, type Program } from './functions.ts';
import type { JobPlan } from './plan.ts';
import type { Process } from './process.ts';
import { type makeStarts, short } from './starts.ts';
import type { WaiterPlan } from './waiter-plan.ts';
import type { watchPromises } from './watch.ts';

interface PostParts {
  begin: (kind: string) => Program;
  /** Ends with its answer, or is killed at the API's time. */
  within: (process: Process, step: Promise<ApiAnswer | 'failed'>) => Promise<ApiAnswer | 'failed' | 'killed'>;
  starts: ReturnType<typeof makeStarts>;
  watch: ReturnType<typeof watchPromises>;
  say: (line: () => string) => void;
}

/** A client's call for one job after others; `ids` are of these. */
export function makePost({ begin, within, starts, watch, say }: PostParts) {
  return async (waiter: WaiterPlan, ids: readonly string[]): Promise<'answered' | 'unknown'> => {
    const { name, key, job, after } = waiter;
    const { process, ports } = begin(name);
    starts.scripts.set(name, job);
    const dependencies = ids.map((id, index) => ({ id, on_failure: after[index]?.onFailure }));
    const body = { ...bodyOf(job, name), dependencies };
    const step = enqueueAfter(process, ports, body, key).catch(() => 'failed' as const);
    const answer = await within(process, step);
    if (answer === 'killed' || answer === 'failed' || 'problem' in answer) return 'unknown';
    const { id } = answer.body as { id: string };
    watch.accept(id);
    if (key !== undefined) watch.answered(key, 0, id);
    say(() => `${name} is told ${short(id)}, after ${ids.map(short).join(' ')}`);
    return 'answered';
  };
}

export function bodyOf(job: JobPlan, script: string): Record<string, unknown> {
  return {
    type: job.type,
    payload: job.big ? { script, filler: 'x'.repeat(1_200) } : { script },
    priority: job.priority,
    ...(job.delaySeconds === undefined ? {} : { delay_seconds: job.delaySeconds }),
    ...(job.maxAttempts === undefined ? {} : { max_attempts: job.maxAttempts }),
  };
}

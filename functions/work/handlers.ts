import type { Compensate, Run } from '../../core/define.ts';
import { TransientError } from '../../core/errors.ts';
import type { Undoing } from '../../core/workflow/link.ts';
import { type RunModule, runs, type UndoableRunModule } from '../../jobs/runs.ts';

/** The handler of a job type, loaded when its first job arrives. @param undoes the one that undoes what a completed job did */
export async function handlerOf(type: string, undoes: boolean): Promise<Run<never, unknown>> {
  const load = (runs as Readonly<Record<string, () => Promise<RunModule | UndoableRunModule>>>)[type];
  if (load === undefined)
    throw new TransientError(
      `job type "${type}" has no handler in jobs/runs.ts of this release`,
      'unavailable',
    );
  const module = await load();
  if (!undoes) return module.default;
  const compensate = 'compensate' in module ? (module.compensate as Compensate<unknown, unknown>) : undefined;
  // A release back, perhaps: its jobs could not be undone yet.
  if (compensate === undefined)
    throw new TransientError(`job type "${type}" has no compensate in this release`, 'unavailable');
  return ({ payload, result }: Undoing, job) => compensate(payload, result, job);
}

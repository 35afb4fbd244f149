import type { Run } from '../../core/define.ts';
import { PermanentError } from '../../core/errors.ts';
import { runs } from '../../jobs/runs.ts';

/** The handler of a job type, loaded when its first job arrives. */
export async function handlerOf(type: string): Promise<Run<never, unknown>> {
  const load = runs[type];
  if (load === undefined)
    throw new PermanentError(
      `job type "${type}" has no handler in jobs/runs.ts of this release`,
      'validation',
    );
  return (await load()).default;
}

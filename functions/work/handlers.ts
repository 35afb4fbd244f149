import type { Run } from '../../core/define.ts';
import { TransientError } from '../../core/errors.ts';
import { runs } from '../../jobs/runs.ts';

/** The handler of a job type, loaded when its first job arrives. */
export async function handlerOf(type: string): Promise<Run<never, unknown>> {
  const load = (runs as Readonly<Record<string, (typeof runs)[keyof typeof runs]>>)[type];
  if (load === undefined)
    throw new TransientError(
      `job type "${type}" has no handler in jobs/runs.ts of this release`,
      'unavailable',
    );
  return (await load()).default;
}

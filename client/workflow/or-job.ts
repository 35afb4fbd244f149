import { ApiError } from '../api-error.ts';
import { commandFor } from '../render.ts';
import type { Session } from '../session.ts';

/**
 * Does something with the job of this id. Where there is none because the id is a workflow's, the error of the API
 * says so, and which command does the same with a workflow.
 */
export async function asJob<T>(
  { client }: Session,
  id: string,
  verb: 'get' | 'watch' | 'cancel' | 'retry',
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'not_found')) throw error;
    const workflow = await client.workflows.summary(id).catch(() => undefined);
    if (workflow === undefined) throw error;
    const message = `${id} is a workflow, no job: ${commandFor(`workflow ${verb}`, workflow)}`;
    throw new ApiError(error.status, error.code, message);
  }
}

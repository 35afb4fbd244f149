import { jobErrorFields, TransientError } from '../../core/errors.ts';

/** What TaskQ itself could not do is no verdict on the job, whatever AWS called it: a role that is wrong for a minute fails no job for good. */
export async function ours<T>(step: Promise<T>): Promise<T> {
  return step.catch((error: unknown) => {
    if (jobErrorFields(error) !== undefined) throw error;
    throw new TransientError('TaskQ could not reach what the job needs', 'unavailable', { cause: error });
  });
}

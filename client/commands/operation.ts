import type { Job } from '../../core/api.ts';
import type { CancelManyResult, RetryManyResult } from '../../core/many.ts';
import { cancelManyJob, retryManyJob } from '../../core/operations.ts';
import type { Client } from '../client.ts';
import { commandFor } from '../render.ts';

/** Did its canary stop the operation that a job was. False of any other job. */
export function isStopped({ type }: Pick<Job, 'type'>, result: unknown): boolean {
  return type === retryManyJob.type && (result as RetryManyResult).stopped !== undefined;
}

/** What became of the operation that a completed job was, in a sentence; undefined of any other job. */
export async function endOfOperation(
  client: Client,
  job: Job,
): Promise<{ stopped: boolean; told: string } | undefined> {
  const isRetry = job.type === retryManyJob.type;
  if (job.status !== 'completed' || !(isRetry || job.type === cancelManyJob.type)) return undefined;
  const { result } = (await client.result(job.id)) as { result: RetryManyResult | CancelManyResult };
  const done = 'retried' in result ? `retried ${result.retried}` : `cancelled ${result.cancelled}`;
  const stopped = isStopped(job, result);
  const why = stopped ? '; its canary went badly and stopped it' : '';
  const more = `${commandFor('get', job)} --result`;
  return {
    stopped,
    told: `${job.id} ${done} of ${result.matched}, skipped ${result.skipped}${why}. More: ${more}`,
  };
}

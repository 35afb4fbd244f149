import type { JobContext, Run } from '../../core/define.ts';
import { TransientError } from '../../core/errors.ts';
import { mintedAtOf } from '../../core/id.ts';
import type { CancelMany, RetryMany } from '../../core/many.ts';
import { cancelResult, retryResult } from '../../core/operation.ts';
import { cancelManyJob, retryManyJob } from '../../core/operations.ts';
import type { ReopenDeps } from '../reopen.ts';
import { LateAttempt } from '../work/once.ts';
import { ours } from '../work/ours.ts';
import { Snoozed } from '../work/snooze.ts';
import { cancelJobs, wasCancelled } from './cancel.ts';
import { chooseForCancel, chooseForRetry } from './choose.ts';
import { type OperateDeps, operate } from './operate.ts';
import { retryJobs } from './retry.ts';

export type HandlerDeps = OperateDeps & ReopenDeps & { sleep: (ms: number) => Promise<void> };

/** What AWS refuses TaskQ is no verdict on the operation: it is tried again, and goes on where it was. */
const attempt: typeof operate = (...of) =>
  operate(...of).catch((error: unknown) => {
    if (error instanceof Snoozed || error instanceof LateAttempt) throw error;
    return ours(Promise.reject(error));
  });

/** The handlers of TaskQ's own job types. An operation takes what had ended, or was there, when it was asked for. */
export function operationHandlers(deps: HandlerDeps) {
  const { store } = deps;
  const handlers: Record<string, Run<never, unknown>> = {
    [retryManyJob.type]: retryManyJob.run(async (asked: RetryMany, job: JobContext) => {
      const { patch, canary } = asked;
      const progress = await attempt(
        deps,
        {
          verb: 'retried',
          choice: chooseForRetry(store, job.tenant, asked, mintedAtOf(job.id)),
          change: retryJobs(deps, patch),
          // Nothing but a retry takes a job out of what had failed by then.
          wasChanged: () => true,
          ...(canary === undefined ? {} : { canary }),
        },
        job,
      );
      return retryResult(progress, canary);
    }),
    [cancelManyJob.type]: cancelManyJob.run(async (asked: CancelMany, job: JobContext) => {
      const choice = chooseForCancel(store, job.tenant, asked, mintedAtOf(job.id));
      return cancelResult(
        await attempt(
          deps,
          { verb: 'cancelled', choice, change: cancelJobs(deps, choice.isMeant), wasChanged: wasCancelled },
          job,
        ),
      );
    }),
  };
  return async (type: string): Promise<Run<never, unknown>> => {
    const handler = handlers[type];
    if (handler === undefined)
      throw new TransientError(`TaskQ has no operation "${type}" in this release`, 'unavailable');
    return handler;
  };
}

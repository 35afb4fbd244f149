import { type Job, maxWaitSeconds } from '../core/api.ts';
import { type FinalState, isFinal, type JobState } from '../core/state.ts';
import { ApiError } from './api-error.ts';
import type { Patience } from './retry.ts';
import type { Turns } from './turns.ts';

/** What became of a job; by its `status`, one of three: it completed, it ended otherwise, it is not final yet. */
export type Ending<R> =
  | { status: 'completed'; result: R }
  | { status: Exclude<FinalState, 'completed'>; job: Job }
  | { status: Exclude<JobState, FinalState> };

interface Reads {
  result(id: string, options: { waitSeconds: number }): Promise<{ status: JobState; result?: unknown }>;
  get(id: string): Promise<Job>;
}

/** Between two polls, should the API answer sooner than it was asked to wait. */
const minPollMs = 1000;

/** A poll while others wait for their turn. */
const crowdedWaitSeconds = 1;

/** Long polls until the job is final or the deadline is over, whichever is first. */
export async function waitUntilFinal(
  reads: Reads,
  id: string,
  deadlineSeconds: number,
  { now, sleep }: Pick<Patience, 'now' | 'sleep'>,
  turns: Turns,
): Promise<Ending<unknown>> {
  const deadline = now() + deadlineSeconds * 1000;
  let askedAt = 0;
  const poll = async () => {
    askedAt = now();
    const longest = turns.isCrowded() ? crowdedWaitSeconds : maxWaitSeconds;
    const waitSeconds = Math.min(longest, Math.max(0, Math.floor((deadline - askedAt) / 1000)));
    return await look(reads, id, waitSeconds);
  };
  for (;;) {
    const ending = await turns.take(poll);
    if (isFinal(ending.status) || now() >= deadline) return ending;
    await sleep(Math.max(0, Math.min(askedAt + minPollMs, deadline) - now()));
  }
}

async function look(reads: Reads, id: string, waitSeconds: number): Promise<Ending<unknown>> {
  try {
    return (await reads.result(id, { waitSeconds })) as Ending<unknown>;
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'no_result')) throw error;
    const job = await reads.get(id);
    return { status: job.status, job } as Ending<unknown>;
  }
}

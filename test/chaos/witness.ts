/**
 * What was really written of each job, seen from outside: every write of every function passes the proxy,
 * and the answer says row by row what was applied. No record, log or metric of TaskQ's is asked.
 */
import { finalStates } from '../../core/state.ts';
import { readStatement } from './statement.ts';

/** A change of status that was applied. */
export interface Step {
  /** ms since the epoch, when the answer passed. */
  at: number;
  status: string;
  /** The process that wrote it. */
  pid: number;
  /** The fence it was conditional on; of a claim none. */
  fence?: number;
  /** Of a claim: the message that it came by. */
  message?: string;
}

export type Witness = ReturnType<typeof openWitness>;

const isFinal = (status: string): boolean => (finalStates as readonly string[]).includes(status);

/** @param now ms since the epoch */
export function openWitness(now: () => number) {
  const jobs = new Map<string, Step[]>();
  let lastStepAt = now();
  let unanswered = 0;
  let finished = 0;

  const stepsOf = (jobId: string): readonly Step[] => jobs.get(jobId) ?? [];
  const finishes = (jobId: string): Step[] => stepsOf(jobId).filter(({ status }) => isFinal(status));

  return {
    /** Reads a BatchExecuteStatement and its answer, both parsed. Rows without an error were applied. */
    sawBatch(request: unknown, answer: unknown, pid: number): void {
      const { Statements = [] } = request as {
        Statements?: { Statement: string; Parameters?: Parameters<typeof readStatement>[1] }[];
      };
      const { Responses = [] } = answer as { Responses?: { Error?: unknown }[] };
      for (const [index, { Statement, Parameters = [] }] of Statements.entries()) {
        if (Responses[index] === undefined || Responses[index].Error !== undefined) continue;
        const { jobId, set, where } = readStatement(Statement, Parameters);
        if (typeof set.status !== 'string') continue;
        const step: Step = {
          at: now(),
          status: set.status,
          pid,
          ...(typeof where.fence === 'number' ? { fence: where.fence } : {}),
          ...(typeof set.message === 'string' ? { message: set.message } : {}),
        };
        jobs.set(jobId, [...stepsOf(jobId), step]);
        if (isFinal(step.status)) finished++;
        lastStepAt = step.at;
      }
    },
    /** A write whose answer never came: it may have been applied unseen. */
    sawNoAnswer: () => void unanswered++,
    get unanswered() {
      return unanswered;
    },
    /** Jobs that were seen to finish. */
    get finished() {
      return finished;
    },
    get lastStepAt() {
      return lastStepAt;
    },
    stepsOf,
    isFinal: (jobId: string) => finishes(jobId).length > 0,
    /** The status that a job was last seen to be given. */
    lastStatus: (jobId: string): string | undefined => stepsOf(jobId).at(-1)?.status,
    /** Those of these jobs that were finished more than once. */
    finishedOften: (ids: Iterable<string>) => [...ids].filter((id) => finishes(id).length > 1),
    /** Jobs that a process has claimed and not settled. */
    inFlight: (pid: number): string[] =>
      [...jobs].flatMap(([id, steps]) => {
        const last = steps.at(-1);
        return last?.status === 'running' && last.pid === pid ? [id] : [];
      }),
    /** Jobs that a process was seen to claim from then on: when it is killed, a claim may be on its way. */
    claimedSince: (pid: number, at: number): string[] =>
      [...jobs].flatMap(([id, steps]) =>
        steps.some((step) => step.pid === pid && step.status === 'running' && step.at >= at) ? [id] : [],
      ),
    /** How those went that were finished last: each step with its time from the job's first, in seconds. */
    lastToFinish: (ids: Iterable<string>, most: number): string[] =>
      [...ids]
        .map((id) => ({ id, steps: stepsOf(id) }))
        .sort((a, b) => (b.steps.at(-1)?.at ?? 0) - (a.steps.at(-1)?.at ?? 0))
        .slice(0, most)
        .map(({ id, steps }) => {
          const first = steps[0]?.at ?? 0;
          return `${id}: ${steps.map(({ at, status, pid }) => `${status} ${((at - first) / 1000).toFixed(1)} s (${pid})`).join(', ')}`;
        }),
    running: (): string[] =>
      [...jobs].flatMap(([id, steps]) => (steps.at(-1)?.status === 'running' ? [id] : [])),
  };
}

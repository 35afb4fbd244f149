/** Jobs that came back later than they may: what befell each, and who brought it back. */
import { isFinal } from '../../core/state.ts';
import type { FaultSpan, Stop } from './conduct.ts';
import { type Kill, type Receipt, receiptOf } from './killing.ts';
import type { Trail } from './trail.ts';
import type { Step, Witness } from './witness.ts';

export interface Late {
  jobId: string;
  queue: string;
  /** From what ended its attempt, or from its claim where that is unknown, to its next step. */
  waitedMs: number;
  allowedMs: number;
  broughtBackBy: string;
  /** All that was seen of it, each with its time from the first, in seconds. */
  history: string[];
}

/** What was seen of a run, and what is allowed in it. */
export interface LateParts {
  witness: Witness;
  trail: Trail;
  kills: readonly Kill[];
  stops: readonly Stop[];
  faults: readonly FaultSpan[];
  /** When the run ended, ms since the epoch: what waits still has waited until then. */
  endedAt: number;
  /** How long a job may wait; `received`: its process died before its first call for it. */
  allowedMs: (queue: string, received?: Receipt) => number;
}

/** Without a kill that is known of, a claim is what a wait is counted from: the longest job may have run so long. */
const longestRunMs = 20_000;

/**
 * The waits of these jobs that took too long, whatever ended their attempts: a kill, a stop, or what nobody saw. A job
 * that waits to be claimed is counted only where a worker had received it and died.
 */
export function lateOf(jobs: readonly { id: string; queue: string }[], parts: LateParts): Late[] {
  const { witness, trail, endedAt } = parts;
  return jobs.flatMap(({ id, queue }) =>
    witness.stepsOf(id).flatMap((step, index, steps) => {
      const next = steps[index + 1];
      const wait = waitOf(id, queue, step, next, parts);
      if (wait === undefined) return [];
      const waitedMs = (next?.at ?? endedAt) - wait.from;
      if (waitedMs <= wait.allowedMs) return [];
      const { allowedMs } = wait;
      const broughtBackBy = bringer(step, next, trail);
      const history = historyOf(id, parts, { from: wait.from, to: wait.from + waitedMs });
      return [{ jobId: id, queue, waitedMs, allowedMs, broughtBackBy, history }];
    }),
  );
}

/** From when on a job waited for its next step, and for how long it may; undefined where it need not have had one. */
function waitOf(
  id: string,
  queue: string,
  step: Step,
  next: Step | undefined,
  { kills, stops, allowedMs }: LateParts,
): { from: number; allowedMs: number } | undefined {
  if (isFinal(step.status)) return undefined;
  const within = ({ at }: { at: number }) => at >= step.at && at <= (next?.at ?? Number.POSITIVE_INFINITY);
  const received = kills.filter((each) => within(each) && each.received.includes(id)).at(-1);
  const most =
    allowedMs(queue, received && receiptOf(step.status)) +
    stops.filter(within).reduce((sum, each) => sum + each.downMs, 0);
  if (received !== undefined) return { from: received.at, allowedMs: most };
  // Nobody had it, or who had it has settled it.
  if (step.status !== 'running' || (next?.pid === step.pid && next.status !== 'running')) return undefined;
  // Its claim may have been on its way when it was killed.
  const killed = kills.find((each) => each.pid === step.pid && each.at <= (next?.at ?? each.at));
  const cause = killed ?? stops.find(within);
  return cause === undefined
    ? { from: step.at, allowedMs: most + longestRunMs }
    : { from: Math.max(cause.at, step.at), allowedMs: most };
}

function bringer(step: Step, next: Step | undefined, trail: Trail): string {
  if (next === undefined) return 'nobody';
  if (next.message === undefined) return `a write of ${next.pid}, which ended it`;
  if (next.message === step.message) return 'the message that it was claimed through';
  return trail.sentAs(next.message)?.what ?? `a message that nobody saw go, ${next.message.slice(0, 8)}`;
}

/** Of the network's faults those that its wait met. */
function historyOf(
  id: string,
  { witness, trail, stops, faults }: LateParts,
  wait: { from: number; to: number },
): string[] {
  const steps = witness.stepsOf(id).map(({ at, status, pid, message }) => ({
    at,
    what: `${status} in ${pid}${message === undefined ? '' : ` through ${message.slice(0, 8)}`}`,
  }));
  const own = [...steps, ...trail.marksOf(id)];
  const [first = 0, last = 0] = [Math.min(...own.map(({ at }) => at)), Math.max(...own.map(({ at }) => at))];
  const down = stops
    .filter(({ at }) => at >= first && at <= last)
    .map(({ at, downMs }) => ({ at, what: `the emulator was stopped, for ${(downMs / 1000).toFixed(1)} s` }));
  const met = faults
    .filter((each) => each.endedAt >= wait.from && each.at <= wait.to)
    .map(({ at, endedAt, kind }) => ({
      at,
      what: `fault ${kind}, for ${((endedAt - at) / 1000).toFixed(1)} s`,
    }));
  return [...own, ...down, ...met]
    .sort((a, b) => a.at - b.at)
    .map(({ at, what }) => `${((at - first) / 1000).toFixed(1).padStart(7)} s  ${what}`);
}

/** Ends processes of functions, and measures how long their jobs wait for another. */
import { isFinal } from '../../core/state.ts';
import { until } from '../../local/emulator.ts';
import { listProcesses, signal, workerProcesses } from '../../local/processes.ts';
import type { Random } from '../simulation/random.ts';
import type { FaultProxy } from './proxy.ts';
import { claimedBy } from './statement.ts';
import type { Witness } from './witness.ts';

export interface Kill {
  /** ms since the epoch. */
  at: number;
  victim: string;
  pid: number;
  /** Jobs that it had claimed and not settled. */
  jobs: string[];
  /** Jobs whose messages it had received, when it died over its first call for them. */
  received: string[];
  /** Calls of AWS that it waited for. */
  calls: number;
}

interface KillOptions {
  /** The emulator's temporary folder. */
  tmp: string;
  victim: string;
  /** As it is deployed. */
  functionName: string;
  most: number;
  witness: Witness;
  proxy: FaultProxy;
  random: Random;
}

/** To kill who does nothing proves little: so long one that is at work is waited for. */
const patienceMs = 1_000;

/** Ends up to `most` processes of a function with SIGKILL, those at work first. */
export async function kill(options: KillOptions): Promise<Kill[]> {
  await until(() => prey(options).some(isBusy), patienceMs);
  return prey(options)
    .slice(0, options.most)
    .map(({ each, jobs, calls }) => {
      signal(each, 'SIGKILL');
      return { at: Date.now(), victim: options.victim, pid: each.pid, jobs, received: [], calls };
    });
}

/** No job may come for so long. */
const ambushMs = 15_000;

/**
 * Ends up to `most` processes of a worker function with SIGKILL over the claim of what they have received: the call is
 * not carried out, and neither is the one that hides the message for less than its lane does.
 */
export async function killAtReceipt({
  tmp,
  victim,
  functionName,
  most,
  witness,
  proxy,
}: KillOptions): Promise<Kill[]> {
  const kills: Kill[] = [];
  const own = victim.replaceAll('-', '');
  proxy.lieInWait(({ by, pid, action }, body) => {
    if (by !== own || kills.length >= most) return false;
    if (kills.some((each) => each.pid === pid)) return true;
    // It works already: its receipt was before.
    if (witness.inFlight(pid).length > 0) return false;
    if (action === 'ChangeMessageVisibilityBatch') return true;
    const received = action === 'BatchExecuteStatement' ? claimedBy(JSON.parse(body.toString())) : [];
    const process = workerProcesses(listProcesses(), tmp, functionName).find((each) => each.pid === pid);
    if (received.length === 0 || process === undefined) return false;
    signal(process, 'SIGKILL');
    kills.push({ at: Date.now(), victim, pid, jobs: [], received, calls: 1 });
    return true;
  });
  await until(() => kills.length >= most, ambushMs);
  proxy.lieInWait(undefined);
  return kills;
}

function prey({ tmp, functionName, witness, proxy, random }: KillOptions) {
  return workerProcesses(listProcesses(), tmp, functionName)
    .map((each) => ({
      each,
      jobs: witness.inFlight(each.pid),
      calls: proxy.callsUnderWay(each.pid),
      turn: random(),
    }))
    .sort((a, b) => Number(isBusy(b)) - Number(isBusy(a)) || a.turn - b.turn);
}

const isBusy = ({ jobs, calls }: Pick<Kill, 'jobs' | 'calls'>): boolean => jobs.length > 0 || calls > 0;

/** Whose message it was: of a job that waited to be claimed, or of one whose worker had died before. */
export type Receipt = 'first' | 'again';

export const receiptOf = (status: string | undefined): Receipt => (status === 'running' ? 'again' : 'first');

/** How a job that was in flight at a kill went on. */
export interface Aftermath {
  jobId: string;
  victim: string;
  /** Its process died between the receipt of its message and its first call for it. */
  received?: Receipt;
  /** From the kill to its next start, or to its end if it had none left; undefined if it waits still. */
  ms: number | undefined;
  /** The emulator was stopped in between: the time is its own. */
  stopped: boolean;
}

/** @param stops when the emulator was stopped, ms since the epoch */
export function aftermathOf(kills: readonly Kill[], stops: readonly number[], witness: Witness): Aftermath[] {
  return kills.flatMap(({ at, victim, pid, jobs, received }) =>
    [...new Set([...jobs, ...received, ...witness.claimedSince(pid, at)])].flatMap((jobId) => {
      const steps = witness.stepsOf(jobId);
      const later = steps.filter((step) => step.at >= at);
      // A spare message: the job was over, and waits for nothing.
      if (steps.some((step) => step.at < at && isFinal(step.status))) return [];
      // Its settle was on the way already: nothing was lost.
      if (later[0]?.pid === pid && later[0].status !== 'running') return [];
      const next = later.find((step) => step.pid !== pid);
      const nextAt = next?.at ?? Number.POSITIVE_INFINITY;
      // Who was to take it up died over it: its wait begins anew, and counts there.
      if (kills.some((each) => each.at > at && each.at < nextAt && each.received.includes(jobId))) return [];
      const stopped = stops.some((each) => each >= at && each <= nextAt);
      const ms = next === undefined ? undefined : next.at - at;
      const before = steps.filter((step) => step.at < at).at(-1);
      const kind = received.includes(jobId) ? { received: receiptOf(before?.status) } : {};
      return [{ jobId, victim, ...kind, ms, stopped }];
    }),
  );
}

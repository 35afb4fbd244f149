/** Ends processes of functions, and measures how long their jobs wait for another. */
import { until } from '../../local/emulator.ts';
import { listProcesses, signal, workerProcesses } from '../../local/processes.ts';
import type { Random } from '../simulation/random.ts';
import type { FaultProxy } from './proxy.ts';
import type { Witness } from './witness.ts';

export interface Kill {
  /** ms since the epoch. */
  at: number;
  victim: string;
  pid: number;
  /** Jobs that it had claimed and not settled. */
  jobs: string[];
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
      return { at: Date.now(), victim: options.victim, pid: each.pid, jobs, calls };
    });
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

/** How a job that was in flight at a kill went on. */
export interface Aftermath {
  jobId: string;
  victim: string;
  /** From the kill to its next start, or to its end if it had none left; undefined if it waits still. */
  ms: number | undefined;
  /** The emulator was stopped in between: the time is its own. */
  stopped: boolean;
}

/** @param stops when the emulator was stopped, ms since the epoch */
export function aftermathOf(kills: readonly Kill[], stops: readonly number[], witness: Witness): Aftermath[] {
  return kills.flatMap(({ at, victim, pid, jobs }) =>
    jobs.flatMap((jobId) => {
      const later = witness.stepsOf(jobId).filter((step) => step.at >= at);
      // Its settle was on the way already: nothing was lost.
      if (later[0]?.pid === pid && later[0].status !== 'running') return [];
      const next = later.find((step) => step.pid !== pid);
      const stopped = stops.some((each) => each >= at && each <= (next?.at ?? Number.POSITIVE_INFINITY));
      return [{ jobId, victim, ms: next === undefined ? undefined : next.at - at, stopped }];
    }),
  );
}

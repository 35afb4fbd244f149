import type { Counted } from './count.ts';
import type { OwnTime } from './own-time.ts';
import type { WiringName } from './wiring.ts';
import type { WorkflowFigures } from './workflows/measure.ts';

/** One target, and what was reached. */
export interface Verdict {
  target: string;
  reached: string;
  ok: boolean;
  /** A time of this machine: not judged where the machine is shared. */
  isTime: boolean;
}

export interface Figures {
  counted: Record<WiringName, Counted>;
  jobsPerMinute: Record<WiringName, number>;
  own: OwnTime;
  /** KB that Node reads at a cold start, by function. */
  coldKb: Record<string, number>;
  workflows: WorkflowFigures;
}

/** Price with storage, logs, traces and tenant keys. */
export function allIn({ price, priceOfLeavings }: Counted): number {
  return price.total + Object.values(priceOfLeavings).reduce((sum, each) => sum + each, 0);
}

/** A call that carries less than half of what it could is not shared any more. */
const leastShare = 0.5;

const most = (what: string, value: number, limit: number, digits = 2, isTime = false): Verdict => ({
  target: `${what} ≤ ${limit}`,
  reached: value.toFixed(digits),
  ok: value <= limit,
  isTime,
});
const least = (what: string, value: number, limit: number, digits = 2, isTime = false): Verdict => ({
  target: `${what} ≥ ${limit}`,
  reached: value.toFixed(digits),
  ok: value >= limit,
  isTime,
});
/** How TaskQ's best window stands to those of the others in the same run. */
export function speedVerdicts(jobsPerMinute: Record<WiringName, number>): Verdict[] {
  return [
    least('times the naive wiring, jobs a minute', jobsPerMinute.taskq / jobsPerMinute.naive, 2, 2, true),
    least('times Powertools, jobs a minute', jobsPerMinute.taskq / jobsPerMinute.powertools, 1, 2, true),
    // Windows of seconds on shared cores swing by more than half, quiet ones too: what is judged everywhere is that no
    // call a job crept in, which the counts above say exactly.
    least('times the naive wiring, whatever else runs', jobsPerMinute.taskq / jobsPerMinute.naive, 0.75),
    least('times Powertools, whatever else runs', jobsPerMinute.taskq / jobsPerMinute.powertools, 0.35),
  ];
}

/** Counts alone: how long a hop takes is told, and judged by nobody. */
function workflowVerdicts({ taskq }: WorkflowFigures): Verdict[] {
  const { chain, fan } = taskq;
  return [
    most('state transitions an advance, chain', chain.transitionsPerNode / chain.advancesPerNode, 2.2),
    most('advances a node of a fan-out', fan.advancesPerNode, 0.12, 3),
    most('write units a node above its job, fan-out', fan.unitsAboveJob, 3),
    // Three an advance, eight to start and to end, a claim for each pointer that overtakes; a fourth write would be 4.3.
    most('write units a node above its job, chain', chain.unitsAboveJob, 4),
  ];
}

export function judge({ counted, jobsPerMinute, own, coldKb, workflows }: Figures): Verdict[] {
  const { taskq } = counted;
  return [
    most('write units a bulk job', taskq.writeUnits, 3),
    most("AWS requests of TaskQ's own a bulk job", taskq.requests, 0.5, 3),
    most('USD a million bulk jobs, calls and units', taskq.price.total, 2.5),
    most('USD a million bulk jobs, with storage, logs, traces, keys', allIn(taskq), 3.5),
    ...taskq.shared.map(({ name, carried, could }) => least(name, carried, could * leastShare, 1)),
    ...speedVerdicts(jobsPerMinute),
    ...workflowVerdicts(workflows),
    ...Object.entries(coldKb).map(([name, kb]) => most(`KB read at a cold start of ${name}`, kb, 400, 0)),
    least('jobs a minute', jobsPerMinute.taskq, 10_000, 0, true),
    most('own ms an enqueue', own.enqueueMs, 0.337, 3, true),
    most("worker's own CPU ms a job", own.workerCpuMsPerJob, 0.2, 3, true),
  ];
}

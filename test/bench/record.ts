import { writeFileSync } from 'node:fs';
import type { Counted } from './count.ts';
import type { Run } from './report.ts';
import { allIn, type Verdict } from './verdict.ts';
import type { WiringName } from './wiring.ts';

/** Writes the figures of a run as JSON, for a person or a program to compare runs by. */
export function record(file: string, run: Run, verdicts: readonly Verdict[]): void {
  const wiring = (name: WiringName) => ({
    ...figuresOf(run.counted[name]),
    jobs_per_minute: Math.round(run.jobsPerMinute[name]),
    windows: run.windows[name].map(Math.round),
  });
  const content = {
    taskq: wiring('taskq'),
    naive: wiring('naive'),
    powertools: wiring('powertools'),
    enqueue_own_ms: round(run.own.enqueueMs),
    worker_own_cpu_ms_per_job: round(run.own.workerCpuMsPerJob),
    simulated_histories_per_minute: Math.round(run.historiesPerMinute),
    times_naive: round(run.jobsPerMinute.taskq / run.jobsPerMinute.naive),
    times_powertools: round(run.jobsPerMinute.taskq / run.jobsPerMinute.powertools),
    jobs_per_call: Object.fromEntries(
      run.counted.taskq.shared.map(({ name, carried }) => [name, round(carried)]),
    ),
    cold_load_kb: run.coldKb,
    adders: run.adders,
    workflows: run.workflows,
    verdicts,
    conditions: run.conditions,
  };
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

function figuresOf(counted: Counted) {
  return {
    write_units_per_job: round(counted.writeUnits),
    /** SDK calls of the wiring's own functions. */
    requests_per_job: round(counted.requests),
    /** With API Gateway and the mapping. */
    requests_in_all_per_job: round(counted.requestsInAll),
    calls_per_job: Object.fromEntries(
      Object.entries(counted.calls).map(([name, calls]) => [name, round(calls)]),
    ),
    usd_per_million: round(counted.price.total),
    usd_per_million_with_storage_logs_traces: round(allIn(counted)),
    record_bytes: Math.round(counted.leavings.itemBytes),
  };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** What a run of chaos has to say, and whether all is well. */
import { writeFileSync } from 'node:fs';
import type { Job } from '../../core/api.ts';
import { queueTimes } from '../../core/lane.ts';
import { isFinal } from '../../core/state.ts';
import { contracts } from '../../jobs/contracts.ts';
import type { Stop } from './conduct.ts';
import type { Aftermath, Kill, Receipt } from './killing.ts';
import type { Late } from './late.ts';

/** What was seen of a run. */
export interface Seen {
  seed: number;
  loadMs: number;
  judgeTimes: boolean;
  /** Events of the schedule that asked for a fault, by kind. */
  planned: string[];
  injected: Record<string, number>;
  /** Calls that the proxy carried over, clients' and functions'. */
  calls: number;
  kills: Kill[];
  stops: Stop[];
  aftermath: Aftermath[];
  late: Late[];
  /** Requests whose jobs were not accepted to the end. */
  unaccepted: number;
  accepted: number;
  /** Accepted requests that were sent once more, and what differed. */
  repeated: number;
  /** Jobs whose cancel was asked for. */
  cancels: number;
  changed: string[];
  jobs: Job[];
  /** Ids whose finish was seen more than once, and those of final jobs of which none was seen. */
  finishedTwice: string[];
  unseen: string[];
  /** Ids whose record says another status than the finish that was seen. */
  disagreeing: string[];
  /** Writes of which it is unknown whether they were applied: what they wrote is unseen. */
  unanswered: number;
  /** How the jobs went that were final last. */
  lastToFinish: string[];
  /** Completed webhooks that never reached their receiver. */
  undelivered: string[];
  /** Faults of the proxy or the witness. */
  ownFailures: string[];
}

export interface Report {
  ok: boolean;
  broken: string[];
  seed: number;
  minutes: number;
  calls: number;
  faults: Record<string, number>;
  kills: {
    count: number;
    jobsInFlight: number;
    callsInFlight: number;
    by: Record<string, number>;
    each: object[];
  };
  emulatorRestarts: { downMs: number; jobsRunning: number }[];
  accepted: number;
  final: Record<string, number>;
  notFinal: number;
  failedBecause: Record<string, number>;
  attempts: Record<string, number>;
  finishedTwice: number;
  restartAfterKill: Record<string, { jobs: number; medianMs: number; longestMs: number; allowedMs: number }>;
  /** Each job that waited longer than it may, stops of the emulator and claims without a known end included. */
  late: Late[];
  restartAfterStop: { jobs: number; longestMs: number };
  repeatedRequests: number;
  cancels: number;
  lastToFinish: string[];
}

/** A killed worker's job runs again within its queue's lease and this. */
const graceMs = 20_000;
/**
 * Died before its first call, a worker leaves the message hidden for its lane's visibility: in a short queue the lease
 * and 10 s, in a long one minutes. There its entry brings the job back: within a minute, and `release` comes once in a
 * minute. One that was never claimed may have to wait until it starves, while its lane is busy with others.
 */
const receivedMs: Record<Receipt, number> = { again: 130_000, first: 430_000 };

/** How long a job may wait after its process was killed. */
export function allowedAfterKill(queue: string, received?: Receipt): number {
  const { long, leaseMs } = queueTimes(queue, contracts);
  return received !== undefined && long ? receivedMs[received] : leaseMs + graceMs;
}

/** A run with fewer proves little. */
const fewestKills = 11;

export function makeReport(seen: Seen): Report {
  const { jobs, kills, stops, aftermath } = seen;
  const nameOf = ({ victim, received }: Aftermath) =>
    [
      victim.replace('work-', ''),
      ...(received === undefined ? [] : [`at its ${received === 'first' ? 'first' : 'next'} receipt`]),
    ].join(' ');
  const judged = aftermath.filter(({ stopped }) => !stopped);
  const restartAfterKill = Object.fromEntries(
    Object.entries(Object.groupBy(judged, nameOf)).map(([name, all = []]) => {
      const [{ victim, received } = { victim: '' }] = all;
      const times = all.map(({ ms = Number.POSITIVE_INFINITY }) => ms).sort((a, b) => a - b);
      return [
        name,
        {
          jobs: all.length,
          medianMs: times[Math.floor(times.length / 2)] ?? 0,
          longestMs: times.at(-1) ?? 0,
          allowedMs: allowedAfterKill(victim.replace('work-', ''), received),
        },
      ];
    }),
  );
  const final = jobs.filter(({ status }) => isFinal(status));
  const givenUp = jobs.filter(
    (each) =>
      each.status === 'failed' &&
      each.attempt < each.max_attempts &&
      each.last_error?.cause !== 'permanent_error',
  );
  const afterStop = aftermath.filter(({ stopped }) => stopped);
  const broken = [
    ...seen.ownFailures.map((each) => `the test itself failed: ${each}`),
    ...unless(final.length === seen.accepted, `${seen.accepted - final.length} accepted jobs are not final`),
    ...unless(seen.finishedTwice.length === 0, `jobs finished twice: ${seen.finishedTwice.join(' ')}`),
    ...unless(
      seen.unseen.length <= seen.unanswered,
      `${seen.unseen.length} jobs are final and no write that finished them was seen: ${seen.unseen.slice(0, 5).join(' ')}`,
    ),
    ...unless(seen.disagreeing.length === 0, `record and witness disagree: ${seen.disagreeing.join(' ')}`),
    ...unless(
      givenUp.length === 0,
      `failed with attempts left: ${givenUp.map(({ id, last_error }) => `${id} (${last_error?.cause})`).join(' ')}`,
    ),
    ...unless(seen.undelivered.length === 0, `completed and never delivered: ${seen.undelivered.join(' ')}`),
    ...unless(seen.changed.length === 0, `a repeated request got other jobs: ${seen.changed.join('; ')}`),
    ...unless(seen.unaccepted === 0, `${seen.unaccepted} requests were never accepted, with no fault left`),
    ...unless(
      kills.length >= fewestKills,
      `only ${kills.length} processes were killed; at least ${fewestKills}`,
    ),
    ...unless(
      kills.some((each) => each.jobs.length > 0),
      'no killed process had a job',
    ),
    ...seen.planned.filter((kind) => !(kind in seen.injected)).map((kind) => `fault "${kind}" hit no call`),
    ...Object.entries(restartAfterKill)
      .filter(([, { longestMs, allowedMs }]) => seen.judgeTimes && longestMs > allowedMs)
      .map(
        ([queue, { longestMs, allowedMs }]) =>
          `a killed job of queue ${queue} ran again after ${longestMs} ms; within ${allowedMs} ms`,
      ),
  ];
  return {
    ok: broken.length === 0,
    broken,
    seed: seen.seed,
    minutes: seen.loadMs / 60_000,
    calls: seen.calls,
    faults: seen.injected,
    kills: {
      count: kills.length,
      jobsInFlight: kills.reduce((sum, each) => sum + each.jobs.length + each.received.length, 0),
      callsInFlight: kills.reduce((sum, each) => sum + each.calls, 0),
      by: countBy(kills, ({ victim }) => victim),
      each: kills.map(({ at, victim, pid, jobs: own, received, calls }) => ({
        at: new Date(at).toISOString(),
        victim,
        pid,
        jobsInFlight: own.length,
        jobsReceived: received.length,
        callsInFlight: calls,
      })),
    },
    emulatorRestarts: stops.map(({ downMs, jobs: own }) => ({ downMs, jobsRunning: own.length })),
    accepted: seen.accepted,
    final: countBy(final, ({ status }) => status),
    notFinal: seen.accepted - final.length,
    failedBecause: countBy(
      jobs.filter(({ status }) => status === 'failed'),
      ({ last_error }) => `${last_error?.cause}/${last_error?.code}`,
    ),
    attempts: countBy(jobs, ({ attempt }) => String(attempt)),
    finishedTwice: seen.finishedTwice.length,
    restartAfterKill,
    late: seen.late,
    restartAfterStop: {
      jobs: afterStop.length,
      longestMs: Math.max(0, ...afterStop.map(({ ms = Number.POSITIVE_INFINITY }) => ms)),
    },
    repeatedRequests: seen.repeated,
    cancels: seen.cancels,
    lastToFinish: seen.lastToFinish,
  };
}

function unless(well: boolean, wrong: string): string[] {
  return well ? [] : [wrong];
}

function countBy<T>(all: readonly T[], nameOf: (each: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of all) counts[nameOf(each)] = (counts[nameOf(each)] ?? 0) + 1;
  return counts;
}

/** The report for a person. */
export function render(report: Report): string {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  const s = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const { kills, emulatorRestarts: restarts, restartAfterStop } = report;
  return [
    `seed ${report.seed}, ${report.minutes.toFixed(1)} min of load, ${report.calls} calls through the proxy`,
    `faults            ${list(report.faults)}`,
    `kills             ${kills.count} (${list(kills.by)}), ${kills.jobsInFlight} jobs and ${kills.callsInFlight} calls in flight`,
    `emulator stopped  ${restarts.length} times${restarts.map(({ downMs, jobsRunning }) => `, ${s(downMs)} with ${jobsRunning} jobs running`).join('')}`,
    `accepted          ${report.accepted}, not final ${report.notFinal}; ${report.repeatedRequests} requests repeated with their key, ${report.cancels} cancels`,
    `final             ${list(report.final)}; failed because ${list(report.failedBecause)}`,
    `attempts          ${list(report.attempts)}`,
    `finished twice    ${report.finishedTwice}`,
    ...Object.entries(report.restartAfterKill).map(
      ([queue, { jobs, medianMs, longestMs, allowedMs }]) =>
        `killed, run again ${queue}: ${jobs} jobs, median ${s(medianMs)}, longest ${s(longestMs)} of ${s(allowedMs)} allowed`,
    ),
    `stopped, run again ${restartAfterStop.jobs} killed jobs with a stop in between, longest ${s(restartAfterStop.longestMs)} (not judged)`,
    ...report.late.flatMap(({ jobId, queue, waitedMs, allowedMs, broughtBackBy, history }) => [
      `late              ${jobId} of ${queue}: ${s(waitedMs)}, ${s(allowedMs)} allowed; brought back by ${broughtBackBy}`,
      ...history.map((each) => `                  ${each}`),
    ]),
    ...report.lastToFinish.map((each) => `last to finish    ${each}`),
    ...report.broken.map((each) => `BROKEN: ${each}`),
    report.ok ? 'all accepted jobs are final, none finished twice' : 'chaos found something',
  ].join('\n');
}

export function writeReport(path: string, report: Report): void {
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
}

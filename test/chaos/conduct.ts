/** Carries out a schedule: faults on and off, kills, and stops of the emulator. */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../local/emulator.ts';
import { Trouble } from '../../local/report.ts';
import type { StatePaths } from '../../local/state.ts';
import type { Random } from '../simulation/random.ts';
import { recordOf, startAgain, stopCleanly } from './emulator.ts';
import type { FaultKind } from './fault.ts';
import { type Kill, kill, killAtReceipt } from './killing.ts';
import type { FaultProxy } from './proxy.ts';
import { describe, type Event } from './schedule.ts';
import type { Trail } from './trail.ts';
import type { Witness } from './witness.ts';

/** A stop of the emulator, in ms since the epoch. */
export interface Stop {
  at: number;
  downMs: number;
  /** Jobs that were running. */
  jobs: string[];
}

/** A fault that was on, from `at` to `endedAt` in ms since the epoch. */
export interface FaultSpan {
  at: number;
  endedAt: number;
  kind: FaultKind;
}

export interface Done {
  kills: Kill[];
  stops: Stop[];
  faults: FaultSpan[];
}

export interface ConductOptions {
  events: readonly Event[];
  loadMs: number;
  paths: StatePaths;
  proxy: FaultProxy;
  witness: Witness;
  trail: Trail;
  functionNamed: (victim: string) => string;
  random: Random;
  say: (line: string) => void;
}

/** There must be something to break. */
const warmJobs = 10;
const longestFaultMs = 20_000;
const warmWithinMs = 180_000;

/** Waits for the load to flow. Returns when the load's time is over; no fault is on then. */
export async function conduct(options: ConductOptions): Promise<Done> {
  const { events, loadMs, paths, proxy, witness, trail, functionNamed, random, say } = options;
  if (!(await until(() => witness.finished >= warmJobs, warmWithinMs))) {
    throw new Trouble(
      `${witness.finished} jobs were finished in ${warmWithinMs / 1000} s, before any fault; at least ${warmJobs} should be`,
    );
  }
  const done: Done = { kills: [], stops: [], faults: [] };
  const { tmp } = recordOf(paths);
  let started = performance.now();
  const wait = (atMs: number) => pause(Math.max(0, atMs - (performance.now() - started)));
  /** The schedule stands still meanwhile: what follows is not to fall on nothing. */
  const standStill = async <T>(run: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await run();
    started += performance.now() - from;
    return result;
  };
  let ended: Promise<void> | undefined;
  for (const event of events) {
    await wait(event.atMs);
    if (event.do === 'fault') {
      await standStill(async () => await ended);
      proxy.begin(event);
      ended = endWhenItHasHit(proxy, event).then((span) => void done.faults.push(span));
      say(describe(event));
    } else if (event.do === 'kill') {
      const functionName = functionNamed(event.victim);
      const end = event.atReceipt ? killAtReceipt : kill;
      const kills = await standStill(() => end({ ...event, tmp, functionName, witness, proxy, random }));
      done.kills.push(...kills);
      for (const { at, victim, pid, jobs, received } of kills) {
        for (const job of jobs) trail.mark(job, `${victim} ${pid} was killed`, at);
        for (const job of received) trail.mark(job, `${victim} ${pid} was killed at its receipt`, at);
      }
      const ends = kills.map(
        ({ pid, jobs, received, calls }) => `${pid} (${jobs.length + received.length} jobs, ${calls} calls)`,
      );
      say(`${describe(event)}: ${ends.join(', ') || 'none runs'}`);
    } else {
      const stop = await standStill(() => restart(paths, proxy, witness));
      done.stops.push(stop);
      say(
        `${describe(event)}: down for ${(stop.downMs / 1000).toFixed(1)} s, ${stop.jobs.length} jobs running`,
      );
    }
  }
  await Promise.all([wait(loadMs), ended]);
  return done;
}

/** On a machine that is busy with others no call may come in the fault's time. */
async function endWhenItHasHit(
  proxy: FaultProxy,
  { kind, forMs }: Extract<Event, { do: 'fault' }>,
): Promise<FaultSpan> {
  const at = Date.now();
  await pause(forMs);
  await until(() => proxy.hasHit, longestFaultMs);
  proxy.end();
  return { at, endedAt: Date.now(), kind };
}

/** No write is under way when it is stopped: what it answers after it wrote its state down would be lost with it. */
async function restart(paths: StatePaths, proxy: FaultProxy, witness: Witness): Promise<Stop> {
  await proxy.hold();
  const at = Date.now();
  const jobs = witness.running();
  await stopCleanly(paths);
  await startAgain(paths);
  proxy.letGo();
  return { at, downMs: Date.now() - at, jobs };
}

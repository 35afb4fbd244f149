/** `npm run chaos`: a steady load on the deployed stacks while everything around it breaks; then all must be well. */
import '../../local/need-node.mjs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isFinal } from '../../core/state.ts';
import { takeDown } from '../../local/down.ts';
import { Misuse, runCommand, step, toTerminal } from '../../local/report.ts';
import { projectRoot, statePaths } from '../../local/state.ts';
import { ensureUp } from '../../local/up.ts';
import { openSink } from '../e2e/sink.ts';
import { seeded } from '../simulation/random.ts';
import { conduct } from './conduct.ts';
import { turnToProxy } from './deployed.ts';
import { forgetLogs } from './emulator.ts';
import { drawJob } from './jobs.ts';
import { aftermathOf } from './killing.ts';
import { lateOf } from './late.ts';
import { type Load, startLoad } from './load.ts';
import { full, gateSeed, type Intensity, longQueue, short } from './pace.ts';
import { openProxy } from './proxy.ts';
import { receivers } from './receivers.ts';
import { allowedAfterKill, makeReport, type Report, render, writeReport } from './report.ts';
import { describe, drawSchedule } from './schedule.ts';
import { settleAll } from './settle.ts';
import { openTrail } from './trail.ts';
import { openWitness } from './witness.ts';

/** One folder, so that a run that was killed is cleared away by the next. */
const directory = join(projectRoot, '.taskq', 'chaos');
const quiet = (): void => {};
/** Accepted requests that are sent once more at the end. */
const repeats = 20;

async function chaos(seed: number, intensity: Intensity): Promise<Report> {
  const events = drawSchedule(seed, intensity.pace);
  console.log(
    `seed ${seed}: the same schedule again with --seed ${seed}\n${events.map(describe).join('\n')}\n`,
  );
  await takeDown({ directory, write: quiet });
  forgetLogs(statePaths(directory));
  const local = await step(toTerminal, 'starting an emulator and deploying TaskQ', () =>
    ensureUp({ directory, keepsState: true, write: quiet }),
  );
  const witness = openWitness(Date.now);
  const random = seeded(seed);
  const trail = openTrail(Date.now);
  const proxy = await openProxy(new URL(local.endpoint), witness, trail, random);
  const sink = await openSink();
  let load: Load | undefined;
  try {
    const functionNamed = await turnToProxy(local, proxy.url);
    const paths = receivers(sink, random);
    const started = performance.now();
    const say = (line: string) =>
      console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${line}`);
    load = startLoad(
      { ...local, apiUrl: local.apiUrl.replace(local.endpoint, proxy.url) },
      {
        ...intensity,
        random,
        draw: () => drawJob(random, paths, intensity.kinds),
        finished: () => witness.finished,
      },
    );
    const { kills, stops, faults } = await conduct({
      ...{ events, loadMs: intensity.pace.loadMs, paths: statePaths(directory) },
      ...{ proxy, witness, trail, functionNamed, random, say },
    });
    say('the faults are over');
    await load.finish();
    const repeated = await load.repeatSome(repeats);
    const jobs = await settleAll(load, witness, say);
    const accepted = load.accepted();
    const ids = accepted.map(({ id }) => id);
    const completed = (type: string) =>
      [...jobs.values()].filter((each) => each.type === type && each.status === 'completed');
    return makeReport({
      seed,
      loadMs: intensity.pace.loadMs,
      judgeTimes: intensity.judgeTimes,
      planned: [...new Set(events.flatMap((each) => (each.do === 'fault' ? [each.kind] : [])))],
      injected: Object.fromEntries(proxy.injected),
      calls: proxy.carried,
      kills,
      stops,
      aftermath: aftermathOf(
        kills,
        stops.map(({ at }) => at),
        witness,
      ),
      late: lateOf([...jobs.values()], {
        ...{ witness, trail, kills, stops, faults, endedAt: Date.now(), allowedMs: allowedAfterKill },
      }),
      unaccepted: load.unaccepted(),
      accepted: accepted.length,
      repeated,
      cancels: load.cancels(),
      changed: load.changed,
      jobs: [...jobs.values()],
      finishedTwice: witness.finishedOften(ids),
      unseen: ids.filter((id) => isFinal(jobs.get(id)?.status ?? '') && !witness.isFinal(id)),
      disagreeing: ids.filter((id) => witness.isFinal(id) && witness.lastStatus(id) !== jobs.get(id)?.status),
      unanswered: witness.unanswered,
      lastToFinish: witness.lastToFinish(ids, 5),
      undelivered: completed('webhook.deliver')
        .filter(({ id }) => sink.of(id).length === 0)
        .map(({ id }) => id),
      ownFailures: proxy.failures.map(String),
    });
  } finally {
    load?.stop();
    await proxy.close();
    await sink.close();
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= least && value <= most) return value;
  throw new Misuse(`--${name} is "${text}"; it must be a whole number from ${least} to ${most}`);
}

/** What the command line asks for. Throws Misuse. */
function readTask(args: string[]): { seed: number; intensity: Intensity; json?: string } {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string' },
      once: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      seed: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const { once, long, json } = values;
  if (once && (long || values.minutes !== undefined))
    throw new Misuse('--once is a run of seconds for the gate: it goes with neither --minutes nor --long');
  const minutes = whole('minutes', values.minutes ?? '10', 1, 600);
  const anySeed = once ? gateSeed : Math.floor(Math.random() * 1_000_000);
  const seed = whole('seed', values.seed ?? String(anySeed), 0, 2 ** 31);
  const intensity = once ? short : long ? longQueue(minutes) : full(minutes);
  return { seed, intensity, ...(json === undefined ? {} : { json }) };
}

if (import.meta.main) {
  // The emulator of this run is its own, whatever the shell points at.
  delete process.env.AWS_ENDPOINT_URL;
  delete process.env.AWS_ENDPOINT_URL_S3;
  await runCommand(async () => {
    const { seed, intensity, json } = readTask(process.argv.slice(2));
    try {
      const report = await chaos(seed, intensity);
      console.log(`\n${render(report)}`);
      if (json !== undefined) writeReport(json, report);
      if (!report.ok) process.exitCode = 1;
    } finally {
      await takeDown({ directory, write: quiet });
    }
  });
}

/** `npm run bench`: what a job costs through TaskQ, beside two other wirings on the same emulator. */
import '../../local/need-node.mjs';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleFunctions, coldLoad } from '../../infra/bundle.ts';
import { takeDown } from '../../local/down.ts';
import { runCommand, step, toTerminal } from '../../local/report.ts';
import { projectRoot } from '../../local/state.ts';
import { ensureUp } from '../../local/up.ts';
import { measureAdders } from './adders.ts';
import { type AwsClients, awsClients } from './aws.ts';
import { count } from './count.ts';
import { measureOwnTime } from './own-time.ts';
import { deployPeers } from './peers/deploy.ts';
import { record } from './record.ts';
import { type Run, render } from './report.ts';
import { measureSimulation } from './simulated.ts';
import { judge, speedVerdicts, type Verdict } from './verdict.ts';
import { checkCompleted, type Window, warmUp, watchWindow } from './window.ts';
import { findWirings, type Wiring, type WiringName } from './wiring.ts';
import { measureWorkflows } from './workflows/measure.ts';

/**
 * `full` for figures, `once` for the gate: the same steps, shorter. `backlog` stands while a window is
 * watched: enough to fill every receive, and little, because the emulator looks through all of it each time.
 * While a ratio is missed, up to `mostRounds` are watched: whatever else the machine does in five seconds falls
 * on one wiring alone.
 */
const modes = {
  full: {
    rounds: 3,
    mostRounds: 3,
    seconds: 30,
    warmJobs: 1_000,
    backlog: 1_000,
    histories: 500,
    chain: 60,
    fan: 100,
    workflowRounds: 3,
  },
  once: {
    rounds: 2,
    mostRounds: 3,
    seconds: 5,
    warmJobs: 400,
    backlog: 500,
    histories: 100,
    chain: 30,
    fan: 40,
    workflowRounds: 1,
  },
};

const order: readonly WiringName[] = ['taskq', 'powertools', 'naive'];

/** One folder, so that a run that was killed is cleared away by the next. */
const directory = join(projectRoot, '.taskq', 'bench');

const quiet = (): void => {};
const say = toTerminal;

async function bench(mode: (typeof modes)[keyof typeof modes]): Promise<Run> {
  const coldKb = await step(say, 'bundling the functions', coldLoads);
  const own = await step(say, "timing TaskQ's own part, AWS stubbed", measureOwnTime);
  const historiesPerMinute = await step(say, 'simulating histories', () => measureSimulation(mode.histories));
  await takeDown({ directory, write: quiet });
  const local = await step(say, 'starting an emulator and deploying TaskQ', () =>
    ensureUp({ directory, write: quiet }),
  );
  await step(say, 'deploying the naive and the Powertools wiring, and a Map, beside it', () =>
    deployPeers(local, directory),
  );
  const aws = awsClients(local);
  const wirings = await findWirings(local, aws);
  const since = Date.now();
  const warmed = mapNames(() => 0);
  for (const name of order) {
    const warm = () => warmUp(local, aws, wirings[name], mode.warmJobs);
    warmed[name] = await step(say, `warming up ${name}`, warm);
  }

  const windows: Record<WiringName, Window[]> = { taskq: [], naive: [], powertools: [] };
  const best = (name: WiringName) => Math.max(0, ...windows[name].map((each) => each.jobsPerMinute));
  const reached = (speeds: Record<WiringName, number>) => speedVerdicts(speeds).every(({ ok }) => ok);
  /** The best windows; where they miss a ratio, a round that reached it: its windows had the same company. */
  const compared = (): Record<WiringName, number> => {
    const inRounds = windows.naive.map((_, round) =>
      mapNames((name) => windows[name][round]?.jobsPerMinute ?? 0),
    );
    const bests = mapNames(best);
    return reached(bests) ? bests : (inRounds.find(reached) ?? bests);
  };
  const missed = () => !reached(compared());
  for (let round = 1; round <= mode.rounds || (round <= mode.mostRounds && missed()); round++) {
    for (const name of order) {
      const title = `round ${round}: ${name}, ${mode.seconds} s`;
      const watch = () => watchWindow(local, aws, wirings[name], mode);
      const seen = await step(say, title, watch);
      say(`    ${Math.round(seen.jobsPerMinute)} jobs a minute\n`);
      windows[name].push(seen);
    }
  }
  for (const name of order) {
    const accepted = windows[name].reduce((sum, each) => sum + each.accepted, warmed[name]);
    await checkCompleted(aws, wirings[name], since, accepted);
  }
  const counted = await countAll(aws, wirings, windows);
  const adders = await step(say, 'counting what adds to a job', () =>
    measureAdders(local, aws, wirings.taskq),
  );
  const workflows = await step(say, 'workflows beside a plain Map', () => measureWorkflows(local, aws, mode));
  const speeds = mapNames((name) => windows[name].map((each) => each.jobsPerMinute));
  return {
    counted,
    own,
    historiesPerMinute,
    coldKb,
    workflows,
    adders,
    windows: speeds,
    jobsPerMinute: compared(),
    conditions: conditions(mode.backlog),
  };
}

async function coldLoads(): Promise<Record<string, number>> {
  const bundles = Object.entries(await bundleFunctions());
  return Object.fromEntries(
    bundles.map(([name, bundle]) => [name, Math.ceil(coldLoad(bundle).bytes / 1024)]),
  );
}

async function countAll(
  aws: AwsClients,
  wirings: Record<WiringName, Wiring>,
  windows: Record<WiringName, Window[]>,
): Promise<Run['counted']> {
  const of = (name: WiringName) => count(aws, wirings[name], windows[name]);
  return { taskq: await of('taskq'), naive: await of('naive'), powertools: await of('powertools') };
}

function mapNames<T>(of: (name: WiringName) => T): Record<WiringName, T> {
  return { taskq: of('taskq'), naive: of('naive'), powertools: of('powertools') };
}

function conditions(backlog: number): Run['conditions'] {
  const requirements = readFileSync(join(projectRoot, 'local/requirements.txt'), 'utf8');
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    'load average at the end': (loadavg()[0] ?? 0).toFixed(1),
    node: process.version,
    emulator: /^ministack==\S+/m.exec(requirements)?.[0] ?? 'unknown',
    backlog,
  };
}

if (import.meta.main) {
  // The emulator of this run is its own, whatever the shell points at.
  delete process.env.AWS_ENDPOINT_URL;
  delete process.env.AWS_ENDPOINT_URL_S3;
  await runCommand(async () => {
    const { values } = parseArgs({
      options: { once: { type: 'boolean', default: false }, json: { type: 'string' } },
    });
    try {
      const run = await bench(values.once ? modes.once : modes.full);
      const verdicts: Verdict[] = judge(run);
      console.log(render(run, verdicts, !values.once));
      if (values.json !== undefined) record(values.json, run, verdicts);
      if (verdicts.some(({ ok, isTime }) => !ok && !(isTime && values.once))) process.exitCode = 1;
    } finally {
      await takeDown({ directory, write: quiet });
    }
  });
}

/** Starts and stops a local AWS: one process on 127.0.0.1, whose Lambda functions are child processes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { emulatorOf } from './emulators.ts';
import {
  emulatorArguments,
  emulatorProcesses,
  isEmulator,
  listProcesses,
  signal,
  stillRunning,
} from './processes.ts';
import { lastLines, step, Trouble, type Write } from './report.ts';
import {
  type EmulatorName,
  type EmulatorRecord,
  readState,
  removeState,
  type StatePaths,
  writeState,
} from './state.ts';

/** What is asked of an emulator. */
export interface EmulatorKind {
  /** By default the one that runs, or MiniStack. */
  name?: EmulatorName | undefined;
  auth?: boolean | undefined;
  keepsState?: boolean | undefined;
}

/** The endpoint of this state folder's emulator, which is started if it does not run. */
export async function ensureEmulator(paths: StatePaths, kind: EmulatorKind, write: Write): Promise<string> {
  const { name, auth = false, keepsState = false } = kind;
  const record = readState<EmulatorRecord>(paths.emulator);
  if (record && (await isServing(record))) {
    const running = emulatorOf(record).title;
    if (name !== undefined && emulatorOf({ name }).title !== running)
      throw new Trouble(
        `${running} runs in ${paths.directory}, and ${emulatorOf({ name }).title} was asked for: ` +
          'end it with `npm run down` first',
      );
    if (record.auth === auth) return endpointOf(record);
    throw new Trouble(
      `the emulator in ${paths.directory} runs ${record.auth ? 'with' : 'without'} AUTH=true, and one ` +
        `${auth ? 'with' : 'without'} it was asked for: take that one down first, or use another folder`,
    );
  }
  if (record) {
    write(
      `  the last emulator (process ${record.pid}, port ${record.port}) no longer answers: starting another.\n` +
        '  The jobs that it held are gone: it keeps them in memory.\n',
    );
    await stopEmulator(paths);
  }
  // The old file would point clients at an emulator that has lost everything.
  removeState(paths.local, paths.deployed);
  const emulator = emulatorOf({ name: name ?? 'ministack' });
  const python = await emulator.install(paths, write);
  return await step(write, `starting ${emulator.title}`, () =>
    startEmulator(paths, python, { name: name ?? 'ministack', auth, keepsState }),
  );
}

/** Ends the emulator of this state folder with all its workers. `gone`: it had ended already, without `down`. */
export async function stopEmulator(
  paths: StatePaths,
  patienceMs = 5_000,
): Promise<'stopped' | 'gone' | 'none'> {
  const record = readState<EmulatorRecord>(paths.emulator);
  if (!record) return 'none';
  // Taken before the first signal: afterwards a child's parent is gone, and with it what made the child ours.
  const known = emulatorProcesses(listProcesses(), record.tmp);
  const emulator = known.filter((candidate) => isEmulator(candidate, record.tmp));
  for (const one of emulator) signal(one, 'SIGTERM');
  const left = () => {
    const all = listProcesses();
    return [...stillRunning(known, all), ...emulatorProcesses(all, record.tmp)];
  };
  if (!(await until(() => left().length === 0, patienceMs))) {
    // An emulator can hang at its end, and a worker started meanwhile is in no earlier list: repeat until none is left.
    const gone = await until(() => {
      for (const one of left()) signal(one, 'SIGKILL');
      return left().length === 0;
    }, 5_000);
    if (!gone)
      throw new Trouble(`these processes of the emulator cannot be ended: ${left().map((one) => one.pid)}`);
  }
  // A process that ends has lost its name before its sockets, and the next emulator is to have the same port.
  if (emulator.length > 0) await until(async () => (await freePort(record.port)) === record.port, 1_000);
  removeState(record.tmp, paths.emulator);
  return emulator.length > 0 ? 'stopped' : 'gone';
}

/** Three tries, for someone else may take the free port between finding and using it. */
async function startEmulator(
  paths: StatePaths,
  python: string,
  kind: Pick<EmulatorRecord, 'name' | 'auth' | 'keepsState'>,
): Promise<string> {
  const { title, portTaken, installation } = emulatorOf(kind);
  const remembered = readState<number>(paths.port) ?? 0;
  for (const wanted of [remembered, 0, 0]) {
    const record: EmulatorRecord = { port: await freePort(wanted), ...kind, tmp: makeTmp() };
    writeState(paths.emulator, record);
    if (await launch(paths, python, record)) {
      writeState(paths.port, record.port);
      return endpointOf(record);
    }
    removeState(record.tmp, paths.emulator);
    if (!readFileSync(paths.emulatorLog, 'utf8').includes(portTaken)) break;
  }
  throw new Trouble(
    `${title} ended at once. Its last words:\n${lastLines(readFileSync(paths.emulatorLog, 'utf8'), 12)}\n` +
      `All of them: ${paths.emulatorLog}. If its installation is broken, remove ${installation(paths)} and run this again.`,
  );
}

/** Starts the emulator of this record; false if it ended before it could serve, or cannot have its port. */
export async function launch(paths: StatePaths, python: string, record: EmulatorRecord): Promise<boolean> {
  const { title, announcement, portTaken, environment } = emulatorOf(record);
  const log = openSync(paths.emulatorLog, 'w');
  const child = spawn(python, emulatorArguments(record.name ?? 'ministack', record.tmp), {
    detached: true, // a group of its own: Ctrl-C in the terminal must not reach it
    stdio: ['ignore', log, log],
    cwd: record.tmp,
    env: environment(record),
  });
  child.once('error', () => undefined); // it has no pid then, and the log stays empty
  child.unref();
  const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  writeState(paths.emulator, { ...record, pid: child.pid ?? 0 });
  const said = (words: string) => readFileSync(paths.emulatorLog, 'utf8').includes(words);
  // Its own log line comes first: on a port that was lost to another emulator, that one's health would answer.
  const serves = async () => said(announcement(record)) && (await isServing(record));
  const ready = await until(async () => ended() || said(portTaken) || (await serves()), startingMs);
  if (ready && !ended() && !said(portTaken)) return true;
  await stopEmulator(paths);
  if (ready) return false;
  throw new Trouble(`${title} did not answer within ${startingMs / 1000} s; its log is ${paths.emulatorLog}`);
}

/** LocalStack compiles its many modules at its first start. */
const startingMs = 120_000;

/**
 * Outside the project, so that a function cannot find a module in the project's node_modules that its bundle
 * forgot. The empty package.json keeps Node from taking the workers' scripts for ES modules if a folder above says so.
 */
function makeTmp(): string {
  const tmp = mkdtempSync(join(realpathSync(tmpdir()), 'taskq-'));
  writeFileSync(join(tmp, 'package.json'), '{}\n');
  return tmp;
}

/** `wanted` if nobody listens there, else a port that the system picks. */
export async function freePort(wanted: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (wanted ? resolve(freePort(0)) : reject(error)));
    server.listen({ port: wanted, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function isServing(record: EmulatorRecord): Promise<boolean> {
  if (!listProcesses().some((candidate) => isEmulator(candidate, record.tmp))) return false;
  try {
    // Long, because it has one event loop: with a large backlog an answer takes seconds.
    const signal = AbortSignal.timeout(20_000);
    return (await fetch(`${endpointOf(record)}${emulatorOf(record).health}`, { signal })).ok;
  } catch {
    return false;
  }
}

function endpointOf({ port }: EmulatorRecord): string {
  return `http://127.0.0.1:${port}`;
}

/** Asks again until the answer is yes; false if it has not been within the time. */
export async function until(ask: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!(await ask())) {
    if (performance.now() > deadline) return false;
    await pause(50);
  }
  return true;
}

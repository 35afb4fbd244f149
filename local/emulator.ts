/** Starts and stops MiniStack, the local AWS: one process on 127.0.0.1, whose Lambda functions are child processes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  emulatorArguments,
  emulatorProcesses,
  isEmulator,
  listProcesses,
  signal,
  stillRunning,
} from './processes.ts';
import { ensurePython } from './python.ts';
import { lastLines, step, Trouble, type Write } from './report.ts';
import {
  type EmulatorRecord,
  projectRoot,
  readState,
  removeState,
  type StatePaths,
  writeState,
} from './state.ts';

/** The endpoint of this state folder's emulator, which is started if it does not run. */
export async function ensureEmulator(
  paths: StatePaths,
  auth: boolean,
  write: Write,
  keepsState = false,
): Promise<string> {
  const record = readState<EmulatorRecord>(paths.emulator);
  if (record && (await isServing(record))) {
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
  const python = await ensurePython(paths, write);
  return await step(write, 'starting MiniStack', () => startEmulator(paths, python, { auth, keepsState }));
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
    // MiniStack can hang at its end, and a worker started meanwhile is in no earlier list: repeat until none is left.
    const gone = await until(() => {
      for (const one of left()) signal(one, 'SIGKILL');
      return left().length === 0;
    }, 5_000);
    if (!gone)
      throw new Trouble(`these processes of the emulator cannot be ended: ${left().map((one) => one.pid)}`);
  }
  removeState(record.tmp, paths.emulator);
  return emulator.length > 0 ? 'stopped' : 'gone';
}

/** Three tries, for someone else may take the free port between finding and using it. */
async function startEmulator(
  paths: StatePaths,
  python: string,
  kind: Pick<EmulatorRecord, 'auth' | 'keepsState'>,
): Promise<string> {
  const remembered = readState<number>(paths.port) ?? 0;
  for (const wanted of [remembered, 0, 0]) {
    const record: EmulatorRecord = { port: await freePort(wanted), ...kind, tmp: makeTmp() };
    writeState(paths.emulator, record);
    if (await launch(paths, python, record)) {
      writeState(paths.port, record.port);
      return endpointOf(record);
    }
    removeState(record.tmp, paths.emulator);
    if (!readFileSync(paths.emulatorLog, 'utf8').includes('is already in use')) break;
  }
  throw new Trouble(
    `MiniStack ended at once. Its last words:\n${lastLines(readFileSync(paths.emulatorLog, 'utf8'), 12)}\n` +
      `All of them: ${paths.emulatorLog}. If its installation is broken, remove ${paths.venv} and run this again.`,
  );
}

/** Starts the emulator of this record; false if it ended before it could serve. */
export async function launch(paths: StatePaths, python: string, record: EmulatorRecord): Promise<boolean> {
  const log = openSync(paths.emulatorLog, 'w');
  const child = spawn(python, emulatorArguments(record.tmp), {
    detached: true, // a group of its own: Ctrl-C in the terminal must not reach it
    stdio: ['ignore', log, log],
    cwd: record.tmp,
    env: emulatorEnvironment(record),
  });
  child.once('error', () => undefined); // it has no pid then, and the log stays empty
  child.unref();
  const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  writeState(paths.emulator, { ...record, pid: child.pid ?? 0 });
  // Its own log line comes first: on a port that was lost to another emulator, that one's health would answer.
  const announced = () =>
    readFileSync(paths.emulatorLog, 'utf8').includes(`Running on ${endpointOf(record)}`);
  const ready = await until(async () => ended() || (announced() && (await isServing(record))), 60_000);
  if (!ready) {
    await stopEmulator(paths);
    throw new Trouble(`MiniStack did not answer within 60 s; its log is ${paths.emulatorLog}`);
  }
  return !ended();
}

/**
 * All that the emulator, and so every function in it, sees of this machine. Nothing is inherited: a user's
 * NODE_OPTIONS or proxy would reach the handlers.
 */
export function emulatorEnvironment({ port, auth, keepsState, tmp }: EmulatorRecord): Record<string, string> {
  return {
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: tmp,
    TMPDIR: tmp,
    // CDK's own handlers expect the SDK that real Lambda brings along.
    NODE_PATH: join(projectRoot, 'node_modules'),
    PYTHONUTF8: '1',
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    ...(auth ? { AUTH: 'true' } : {}),
    ...(keepsState ? { PERSIST_STATE: '1', STATE_DIR: join(tmp, 'state') } : {}),
    ...(keepsState ? { S3_PERSIST: '1', S3_DATA_DIR: join(tmp, 'objects') } : {}),
  };
}

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
    return (await fetch(`${endpointOf(record)}/_ministack/health`, { signal })).ok;
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

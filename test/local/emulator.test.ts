import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, stopEmulator } from '../../local/emulator.ts';
import { ministackEnvironment } from '../../local/ministack.ts';
import { emulatorArguments, listProcesses } from '../../local/processes.ts';
import { projectRoot, statePaths, writeState } from '../../local/state.ts';

let folder = '';
let tmp = '';
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'emulator-test-'));
  tmp = join(folder, 'taskq-test');
  mkdirSync(tmp);
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const each of listProcesses()) if (each.command.includes(tmp)) process.kill(each.pid, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A Node program with the command line of something else, running until it is ended. */
function pretend(code: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['-e', `${code};setInterval(() => {}, 1000)`, '--', ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  started.push(child);
  return child;
}

const isRunning = ({ pid }: { pid?: number | undefined }) =>
  listProcesses().some((candidate) => candidate.pid === pid && candidate.command !== '');

/** As MiniStack: one process, and a worker of it in a group of its own, whose pid it prints. */
const withWorker = `const { spawn } = require('node:child_process'), fs = require('node:fs');
  const script = process.argv.at(-3).split('=')[1] + '/ministack-lambda-x/_worker.js';
  fs.mkdirSync(require('node:path').dirname(script)); fs.writeFileSync(script, 'setInterval(() => {}, 1000)');
  console.log(spawn(process.execPath, [script], { argv0: 'node', detached: true, stdio: 'ignore' }).pid)`;

async function startPretender(code: string): Promise<{ emulator: ChildProcess; worker: { pid: number } }> {
  const emulator = pretend(code, ...emulatorArguments('ministack', tmp));
  const pid = await new Promise<number>((resolve) => {
    emulator.stdout?.once('data', (line) => resolve(Number(line)));
  });
  await expect.poll(() => isRunning({ pid })).toBe(true);
  writeState(statePaths(folder).emulator, { port: 1, auth: false, tmp, pid: emulator.pid! });
  return { emulator, worker: { pid } };
}

describe('stopEmulator', () => {
  it('ends the emulator and a worker that outlives it, and removes their folder', async () => {
    const { emulator, worker } = await startPretender(withWorker);
    expect(await stopEmulator(statePaths(folder), 200)).toBe('stopped');
    expect([isRunning(emulator), isRunning(worker), existsSync(tmp)]).toEqual([false, false, false]);
    expect(await stopEmulator(statePaths(folder), 200)).toBe('none');
  });

  it('an emulator that ignores the signal is killed', async () => {
    const { emulator, worker } = await startPretender(`process.on('SIGTERM', () => {});${withWorker}`);
    expect(await stopEmulator(statePaths(folder), 200)).toBe('stopped');
    expect([isRunning(emulator), isRunning(worker)]).toEqual([false, false]);
  });

  it('a worker that starts while the emulator ends is ended too', async () => {
    const late = `process.on('SIGTERM', () => { ${withWorker}; process.exit(); }); console.log(process.pid)`;
    await startPretender(late);
    expect(await stopEmulator(statePaths(folder), 200)).toBe('stopped');
    expect(listProcesses().filter(({ command }) => command.includes(tmp))).toEqual([]);
  });

  it('of an emulator that was killed, the orphaned worker is ended', async () => {
    const { emulator, worker } = await startPretender(withWorker);
    emulator.kill('SIGKILL');
    await expect.poll(() => isRunning(emulator)).toBe(false);
    expect(isRunning(worker)).toBe(true);
    expect(await stopEmulator(statePaths(folder), 200)).toBe('gone');
    expect([isRunning(worker), existsSync(tmp)]).toEqual([false, false]);
  });

  it('a stale record whose pid went to another program ends nobody', async () => {
    const bystander = pretend('0', 'taskq=/elsewhere', '-m', 'ministack');
    await expect.poll(() => isRunning(bystander)).toBe(true);
    writeState(statePaths(folder).emulator, { port: 1, auth: false, tmp, pid: bystander.pid! });
    expect(await stopEmulator(statePaths(folder), 200)).toBe('gone');
    expect(isRunning(bystander)).toBe(true);
  });
});

describe('freePort', () => {
  it('gives the wanted port if it is free, and another one if it is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as { port: number };
    const other = await freePort(port);
    expect(other).toBeGreaterThan(0);
    expect(other).not.toBe(port);
    await new Promise((resolve) => {
      server.close(resolve);
    });
    expect(await freePort(port)).toBe(port);
  });
});

it('the emulator sees nothing of the environment but this', () => {
  const environment = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: '/tmp/taskq-a',
    TMPDIR: '/tmp/taskq-a',
    NODE_PATH: `${projectRoot}/node_modules`,
    PYTHONUTF8: '1',
    GATEWAY_PORT: '4711',
    BIND_HOST: '127.0.0.1',
  };
  expect(ministackEnvironment({ port: 4711, auth: false, tmp: '/tmp/taskq-a' })).toEqual(environment);
  expect(ministackEnvironment({ port: 4711, auth: true, tmp: '/tmp/taskq-a' })).toEqual({
    ...environment,
    AUTH: 'true',
  });
});

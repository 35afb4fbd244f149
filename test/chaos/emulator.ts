/** Stops the emulator so that it keeps what it holds, and starts it again on the same port. */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { launch, until } from '../../local/emulator.ts';
import { isEmulator, listProcesses, signal, stillRunning } from '../../local/processes.ts';
import { lastLines, Trouble } from '../../local/report.ts';
import { type EmulatorRecord, readState, type StatePaths } from '../../local/state.ts';

/** It writes everything down before it ends; killed, it would lose it all. */
const endingMs = 60_000;

/** The emulator of this state folder. Throws when there is none. */
export function recordOf(paths: StatePaths): EmulatorRecord {
  const record = readState<EmulatorRecord>(paths.emulator);
  if (record === undefined) throw new Trouble(`no emulator of our own runs in ${paths.directory}`);
  return record;
}

/** SIGTERM, and waits for its end. Throws when it did not write down everything: what follows would prove nothing. */
export async function stopCleanly(paths: StatePaths): Promise<void> {
  const { tmp } = recordOf(paths);
  const emulator = listProcesses().filter((each) => isEmulator(each, tmp));
  for (const each of emulator) signal(each, 'SIGTERM');
  if (!(await until(() => stillRunning(emulator, listProcesses()).length === 0, endingMs)))
    throw new Trouble(`the emulator did not end within ${endingMs / 1000} s of SIGTERM`);
  const log = readFileSync(paths.emulatorLog, 'utf8');
  const lost = log
    .split('\n')
    .filter((line) => /Persistence: (failed|error)/.test(line) && !line.includes('logs'));
  if (lost.length > 0 || !log.includes('Persistence: saved sqs'))
    throw new Trouble(`the emulator did not keep its state:\n${lastLines(lost.join('\n') || log, 12)}`);
}

/** Starts it again with what it kept. The log of the start before stays, as `ministack.1.log` and so on. */
export async function startAgain(paths: StatePaths): Promise<void> {
  let start = 1;
  while (existsSync(logOf(paths, start))) start++;
  renameSync(paths.emulatorLog, logOf(paths, start));
  if (!(await launch(paths, join(paths.venv, 'bin', 'python'), recordOf(paths))))
    throw new Trouble(`the emulator did not start again; its log: ${paths.emulatorLog}`);
}

/** The logs of an earlier run tell nothing of this one. */
export function forgetLogs(paths: StatePaths): void {
  for (let start = 1; existsSync(logOf(paths, start)); start++) rmSync(logOf(paths, start));
}

const logOf = ({ emulatorLog }: StatePaths, start: number): string =>
  emulatorLog.replace(/\.log$/, `.${start}.log`);

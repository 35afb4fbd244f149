/**
 * The machine's processes, and which of them belong to one emulator. They are told apart by their command
 * line, which holds the emulator's unique temporary folder: a pid alone may have gone to someone else.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { EmulatorName } from './state.ts';

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** Every process that can be seen. Linux is read from /proc, because slim images have no `ps`. */
export function listProcesses(): Process[] {
  if (process.platform !== 'linux') return listWithPs();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProc(Number(name)) ?? []);
}

/** As macOS has it. One -o for each column: there, all that follows a `=` would be the column's heading. */
export function listWithPs(): Process[] {
  const columns = ['-o', 'pid=', '-o', 'ppid=', '-o', 'command='];
  return parsePs(execFileSync('ps', ['-A', '-ww', ...columns], { encoding: 'utf8' }));
}

/** Lines of a pid, the parent's pid and the command. */
export function parsePs(output: string): Process[] {
  return output.split('\n').flatMap((line) => {
    const fields = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return fields ? [{ pid: Number(fields[1]), parent: Number(fields[2]), command: fields[3] ?? '' }] : [];
  });
}

function readProc(pid: number): Process | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    // The name before the last bracket may hold anything; the state and the parent follow it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { pid, parent, command };
  } catch {
    return undefined; // it ended while we were reading
  }
}

const modules: Record<EmulatorName, string> = {
  ministack: 'ministack',
  localstack: 'localstack.runtime.main',
};

/** The arguments of the emulator's Python. Python keeps unknown -X options, so this one is only a name tag. */
export function emulatorArguments(name: EmulatorName, tmp: string): string[] {
  return ['-X', `taskq=${tmp}`, '-m', modules[name]];
}

/** A name tag for a Java program that the emulator starts: a property that it does not know. */
export function javaTag(tmp: string): string {
  return `-Dtaskq=${tmp}`;
}

/** Is this the emulator itself? */
export function isEmulator({ command }: Process, tmp: string): boolean {
  const names = Object.keys(modules) as EmulatorName[];
  return names.some((name) => command.endsWith(` ${emulatorArguments(name, tmp).join(' ')}`));
}

/** The emulator, its Lambda workers wherever they were reparented to, its database, and what any of these started. */
export function emulatorProcesses(all: Process[], tmp: string): Process[] {
  const isDatabase = ({ command }: Process) =>
    command.startsWith('java ') && command.includes(` ${javaTag(tmp)} `);
  const ours = new Set(
    all.filter((each) => isEmulator(each, tmp) || isWorker(each, tmp) || isDatabase(each)),
  );
  // A set may grow while it is walked: children of children are found too.
  for (const { pid } of ours) {
    for (const candidate of all) if (candidate.parent === pid) ours.add(candidate);
  }
  return [...ours];
}

/** The processes of one function, by its deployed name, on the emulator with this temporary folder. */
export function workerProcesses(all: Process[], tmp: string, functionName: string): Process[] {
  return all.filter((each) => isWorker(each, tmp, functionName));
}

/**
 * MiniStack's worker script, and the folder of the code that LocalStack's executor names, lie in the
 * emulator's own folder and are named after the function.
 */
function isWorker({ command }: Process, tmp: string, functionName?: string): boolean {
  const inTmp = command.startsWith('node ') ? command.split(` ${tmp}/`)[1] : undefined;
  const name = /^(?:ministack-lambda-|lambda\/[^/]+\/)(.+)/.exec(inTmp ?? '')?.[1];
  return name !== undefined && (functionName === undefined || name.startsWith(`${functionName}-`));
}

/** Those of `known` that still run, as the same program: a pid that went to another program is left out. */
export function stillRunning(known: Process[], all: Process[]): Process[] {
  return known.filter(({ pid, command }) => all.some((now) => now.pid === pid && now.command === command));
}

/** Sends a signal; a process that ended meanwhile is fine. */
export function signal(target: Process, name: NodeJS.Signals): void {
  try {
    process.kill(target.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

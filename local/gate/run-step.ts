/** One step of the gate: a command, what it said, and that it left nothing running. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { projectRoot } from '../state.ts';
import { endLeftovers } from './leftovers.ts';

export interface Step {
  name: string;
  command: string[];
}

export interface StepOptions {
  /** Its temporary folder: what names it on a command line was started by the step. */
  folder: string;
  /** Ends it early, with all that it has started. */
  signal: AbortSignal;
  /** How long it may take. */
  limitMs: number;
  /** How long what it has started may take to end after it. */
  endingMs: number;
  /** The last line of what it says, as it says it. */
  onLine?: (line: string) => void;
}

export interface Outcome {
  name: string;
  passed: boolean;
  ms: number;
  /** Standard output and standard error as they came, and what else was wrong. */
  output: string;
}

/** Runs a step to its end. It passes if it exits with 0, in time, and leaves no process behind. */
export async function runStep(step: Step, options: StepOptions): Promise<Outcome> {
  const { folder, limitMs, endingMs } = options;
  const start = performance.now();
  const limit = AbortSignal.timeout(limitMs);
  const stop = AbortSignal.any([options.signal, limit]);
  const { code, output } = await runToEnd(step, options, stop);
  const left = await endLeftovers(folder, stop.aborted ? 0 : endingMs);
  const faults = [
    ...(limit.aborted ? [`it was not done after ${limitMs / 1000} s, and was ended`] : []),
    ...(left.length === 0 || stop.aborted ? [] : ['it left processes behind, which were ended:', ...left]),
  ];
  return {
    name: step.name,
    passed: code === 0 && faults.length === 0,
    ms: performance.now() - start,
    output: [output.trimEnd(), ...faults].filter((part) => part !== '').join('\n'),
  };
}

async function runToEnd(
  { command }: Step,
  { folder, endingMs, onLine = () => {} }: StepOptions,
  stop: AbortSignal,
): Promise<{ code: number | null; output: string }> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: projectRoot,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, which can be ended as one
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said.push(chunk);
      onLine(stripVTControlCharacters(chunk).trimEnd().split('\n').at(-1)?.trim() ?? '');
    });
  }
  const closed = once(child, 'close').catch(() => {});
  const end = () => {
    signalGroup(child, 'SIGTERM');
    setTimeout(() => signalGroup(child, 'SIGKILL'), endingMs).unref();
  };
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    // A process that it left may hold its output open, and would be waited for.
    signalGroup(child, 'SIGKILL');
    await Promise.race([closed, pause(1_000, undefined, { ref: false })]);
    return { code, output: said.join('') };
  } catch (error) {
    return { code: null, output: `it could not be started: ${(error as Error).message}` };
  } finally {
    stop.removeEventListener('abort', end);
  }
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch (error) {
    // None is left; macOS says EPERM of a group of which only zombies are.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

import { type Counts, embeddedMetrics } from '../core/telemetry.ts';
import { takeCalls } from './aws/calls.ts';
import { taskqName } from './env.ts';

type Fields = Record<string, string | number | boolean | undefined>;

/** One structured line. Never anything of a payload, a result or a key. */
export function logLine(level: 'info' | 'warn' | 'error', message: string, fields: Fields): void {
  print({ level, message, ...fields });
}

/** What an invocation did: its counts become metrics, its AWS calls and units say what it cost. */
export function logInvocation(source: string, counts: Counts, fields: Fields, now: number): void {
  print({
    level: 'info',
    message: source,
    ...fields,
    ...takeCalls(),
    ...embeddedMetrics(counts, { TaskQ: taskqName(), Source: source }, now),
  });
}

/** An error as far as a log may hold it: its name and the frames of its stack. Its message may hold what a payload held. Never throws. */
export function logError(message: string, error: unknown, fields: Fields): void {
  logLine('error', message, { ...fields, ...shownOf(error) });
}

/** What is thrown may be a Proxy, or have getters that throw. */
function shownOf(error: unknown): Fields {
  try {
    if (error instanceof Error) return { error: `${error.name}`, frames: framesOf(error) };
  } catch {}
  return { error: typeof error };
}

/** A stack begins with the message, whose lines may look like frames: one that does not have it shows none. */
function framesOf({ message, stack = '' }: Error): string {
  const start = typeof message === 'string' ? stack.indexOf(message) : -1;
  const below = start < 0 ? '' : stack.slice(start + message.length);
  const frames = below.split('\n').filter((line) => line.startsWith('    at '));
  return frames.slice(0, 8).join('\n');
}

/** Where errors go whose cause is not the caller's to mend: one line each, with these fields. */
export function errorLog(fields: Fields): (message: string, error: unknown) => void {
  return (message, error) => logError(message, error, fields);
}

/** Lambda puts time, request id and level before what `console` prints, and the line is JSON no more: straight to stdout. */
function print(line: Record<string, unknown>): void {
  process.stdout.write(`${jsonOf(line)}\n`);
}

/** A handler may log what JSON cannot hold, whatever the types say: then that is left out. A line fails nobody. */
function jsonOf(line: Record<string, unknown>): string {
  try {
    return JSON.stringify(line);
  } catch {
    const held = Object.keys(line).filter((name) => !['object', 'bigint'].includes(typeof line[name]));
    return JSON.stringify(line, held);
  }
}

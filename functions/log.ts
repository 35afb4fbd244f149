import { type Counts, embeddedMetrics } from '../core/telemetry.ts';
import { takeCalls } from './aws/calls.ts';

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
    ...embeddedMetrics(counts, source, now),
  });
}

/** An error as far as a log may hold it: its name and the frames of its stack. Its message may hold what a payload held. */
export function logError(message: string, error: unknown, fields: Fields): void {
  const { name, frames } =
    error instanceof Error
      ? { name: error.name, frames: framesOf(error) }
      : { name: typeof error, frames: undefined };
  logLine('error', message, { ...fields, error: name, frames });
}

/** A stack begins with the message, whose lines may look like frames. */
function framesOf({ message, stack = '' }: Error): string {
  const start = stack.indexOf(message);
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
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

import { isA, propertyOf, textOf } from '../core/errors.ts';
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

/** An error as far as a log may hold it: its name and the frames of its stack. Its message may hold what a payload held. Never throws. */
export function logError(message: string, error: unknown, fields: Fields): void {
  const known = isA(error, Error);
  const name = propertyOf(error, 'name');
  logLine('error', message, {
    ...fields,
    error: known && typeof name === 'string' ? name : typeof error,
    frames: known ? framesOf(error) : undefined,
  });
}

/** A stack begins with the message, whose lines may look like frames: one that does not have it shows none. */
function framesOf(error: Error): string {
  const message = propertyOf(error, 'message');
  const stack = propertyOf(error, 'stack');
  if (typeof message !== 'string' || typeof stack !== 'string') return '';
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
  process.stdout.write(`${jsonOf(line)}\n`);
}

/** A handler may log what JSON cannot hold, whatever the types say: then each such value is its text. A line fails nobody. */
function jsonOf(line: Record<string, unknown>): string {
  try {
    return JSON.stringify(line);
  } catch {
    const held = (value: unknown) => ['string', 'number', 'boolean', 'undefined'].includes(typeof value);
    const plain = Object.entries(line).map(([name, value]) => [name, held(value) ? value : textOf(value)]);
    return JSON.stringify(Object.fromEntries(plain));
  }
}

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

/** An error as far as a log may hold it: its name and stack, whose first line (the message) is left out. */
export function logError(message: string, error: unknown, fields: Fields): void {
  const { name, stack } = error instanceof Error ? error : { name: typeof error, stack: undefined };
  const frames = stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
    .join('\n');
  logLine('error', message, { ...fields, error: name, frames });
}

/** Lambda puts time, request id and level before what `console` prints, and the line is JSON no more: straight to stdout. */
function print(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

import { type FilteredLogEvent, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { metrics } from '../../core/telemetry.ts';
import type { AwsClients } from './aws.ts';

/** What the log lines of a function's invocations add up to. */
export interface Tally {
  invocations: number;
  jobs: number;
  /** SDK calls by kind. */
  calls: Record<string, number>;
  /** As the emulator says: per started KB for single writes, flat 1 for each PartiQL statement. */
  writeUnits: number;
  logBytes: number;
}

export interface Span {
  /** ms since the epoch. */
  from: number;
  to: number;
}

/** The emulator stops at so many events. */
const mostEvents = 10_000;

/**
 * Adds up the lines that a function logged in a time, one for each invocation. Every wiring logs through
 * `functions/log.ts`, so that all are counted by the same counter.
 * @param job which of the metrics counts its jobs
 */
export async function tally(
  { logs }: AwsClients,
  logGroupName: string,
  { from, to }: Span,
  job: 'accepted' | 'completed' | 'retried' | 'failed',
): Promise<Tally> {
  const { events = [] } = await logs.send(
    new FilterLogEventsCommand({
      logGroupName,
      startTime: Math.floor(from),
      endTime: Math.ceil(to) - 1,
      filterPattern: '"write_units"',
    }),
  );
  if (events.length >= mostEvents)
    throw new Error(`${logGroupName} has ${mostEvents} lines or more in this time: count a shorter one`);
  const total: Tally = { invocations: 0, jobs: 0, calls: {}, writeUnits: 0, logBytes: 0 };
  for (const each of events) add(total, each, metrics[job].name);
  return total;
}

function add(total: Tally, { message = '' }: FilteredLogEvent, metric: string): void {
  const line = JSON.parse(message) as Record<string, unknown> & { calls: string; write_units: number };
  total.invocations += 1;
  total.jobs += Number(line[metric] ?? 0);
  total.writeUnits += line.write_units;
  total.logBytes += Buffer.byteLength(message) + platformLogBytes;
  for (const call of line.calls.split(' ').filter((part) => part !== '')) {
    const [name = '', count] = call.split(':');
    total.calls[name] = (total.calls[name] ?? 0) + Number(count);
  }
}

/** Lambda's own START, END and REPORT lines, and the 26 bytes that CloudWatch adds to each of the four. */
const platformLogBytes = 320 + 4 * 26;

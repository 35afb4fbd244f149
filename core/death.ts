import type { FailureCause, JobRecord, LastError } from './table.ts';

/**
 * Causes of death: a worker process that died says nothing more, but Lambda's log does. It is found by the id
 * of the invocation, which is the `owner` of the record, and only when a lost lease is found.
 */
export type DeathCause = Extract<FailureCause, 'timeout' | 'out_of_memory' | 'lease_lost'>;

/** How the process that held a lost lease ended, as far as is known. */
export interface Death {
  cause: DeathCause;
  /** The invocation, as Lambda's log names it. */
  requestId?: string;
  /** Where in the log group of the queue's worker it tells. */
  logStream?: string;
}

/** What the renewing thread writes into the log before it ends a process whose event loop is blocked. */
export const blockedMessage = 'a blocked process was ended';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The owner of what an invocation claims: its id, a random UUID of Lambda's, in 22 characters instead of 36. */
export function ownerOf(requestId: string): string {
  return uuid.test(requestId)
    ? Buffer.from(requestId.replaceAll('-', ''), 'hex').toString('base64url')
    : requestId;
}

/** The invocation of an owner; undefined for one of an older release. */
export function requestIdOf(owner: string | undefined): string | undefined {
  if (owner === undefined || !/^[\w-]{22}$/.test(owner)) return undefined;
  const hex = Buffer.from(owner, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * Why an invocation ended, by its lines in Lambda's log: first what is said, then what follows from the
 * numbers of its REPORT line.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 * @param functionTimeoutMs what Lambda allows an invocation of this function
 */
export function judgeLines(lines: readonly string[], functionTimeoutMs: number): DeathCause {
  const said = (pattern: RegExp): boolean => lines.some((each) => pattern.test(each));
  if (said(new RegExp(blockedMessage))) return 'timeout';
  if (said(/Runtime\.OutOfMemory|heap out of memory/)) return 'out_of_memory';
  if (said(/Task timed out after|Status: timeout/)) return 'timeout';
  const report = lines.find((each) => each.startsWith('REPORT '));
  if (report === undefined) return 'lease_lost';
  if (numberIn(report, /\tDuration: ([\d.]+) ms/) >= functionTimeoutMs) return 'timeout';
  const usedMb = numberIn(report, /Max Memory Used: (\d+) MB/);
  // Lambda lets none use more: a larger number is of an emulator that measures its own processes, all together.
  return usedMb > 0 && usedMb === numberIn(report, /Memory Size: (\d+) MB/) ? 'out_of_memory' : 'lease_lost';
}

function numberIn(line: string, pattern: RegExp): number {
  return Number(pattern.exec(line)?.[1] ?? 0);
}

/** A death as the last error of the attempt that it ended. The cause is the process's: of `shared` jobs in it, any may be to blame. */
export function deathError(found: JobRecord, death: Death, now: number): LastError {
  const { cause, requestId, logStream } = death;
  return {
    code: cause,
    cause,
    attempt: found.attempt,
    at: now,
    ...((found.shared ?? 1) > 1 ? { shared: found.shared as number } : {}),
    ...(requestId === undefined ? {} : { requestId }),
    ...(logStream === undefined ? {} : { logStream }),
  };
}

/** The death in a sentence, for who asks what each attempt said. */
export function describeDeath(found: JobRecord, { cause }: Death): string {
  const how = {
    timeout: 'the process was ended at its timeout',
    out_of_memory: 'the process ran out of memory',
    lease_lost: 'the process died or was cut off',
  }[cause];
  const shared = found.shared ?? 1;
  return shared > 1 ? `${how}; it ran ${shared} jobs, any of which may have been the reason` : how;
}

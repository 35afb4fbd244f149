import { CommanderError } from 'commander';
import { ApiError } from './api-error.ts';

/** What the command's exit status says. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notFound: 3, refused: 4, unreachable: 5 } as const;

/** The command was given something it cannot work with; nothing was sent. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The exit status for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof UsageError) return exitCodes.usage;
  if (!(error instanceof ApiError)) return exitCodes.failed;
  if (error.code === 'no_credentials') return exitCodes.usage;
  if (error.status === 404) return exitCodes.notFound;
  if (error.status >= 400 && error.status < 500) return exitCodes.refused;
  return exitCodes.unreachable;
}

const whenUnreachable =
  'Is it running? `npm run up` starts a local TaskQ; another is named by --api-url or TASKQ_API_URL.';

/** What to tell of an error: sentence, faults and request, or for machines the API's own JSON. */
export function describeError(error: unknown, json: boolean): string {
  if (!(error instanceof ApiError)) return `taskq: ${error instanceof Error ? error.message : String(error)}`;
  const { message, status, code, details, requestId } = error;
  if (json) {
    return JSON.stringify({
      error: message,
      code,
      ...(details.length === 0 ? {} : { details }),
      ...(requestId === undefined ? {} : { request_id: requestId }),
    });
  }
  const faults = details.map((fault) => `\n  ${fault.path}: ${fault.message}`).join('');
  const request = requestId === undefined ? '' : `\n  request ${requestId}`;
  const todo = code === 'unreachable' ? `\n  ${whenUnreachable}` : '';
  return `taskq: ${message} (${status === 0 ? code : `${status} ${code}`})${faults}${request}${todo}`;
}

import type { FailureCause, JobRecord } from '../../core/table.ts';
import { tenantOf } from '../../core/table.ts';
import { rfc3339 } from '../../core/view.ts';
import type { Vault } from '../vault.ts';

/** What is known of the end of an attempt, beside the attempt itself. */
export interface KeptError {
  code: string;
  cause: FailureCause;
  message: string;
  stack?: string;
  /** Of an attempt whose process died. */
  requestId?: string;
  logStream?: string;
}

const maxMessageLength = 2_000;
const maxStackLength = 4_000;

/** Keeps how an attempt ended, for whoever asks: sealed, because a message may hold what the payload held. */
export async function keepError(
  vault: Vault,
  record: JobRecord,
  { code, cause, message, stack, requestId, logStream }: KeptError,
  now: number,
): Promise<void> {
  const as = { tenant: tenantOf(record), jobId: record.sk, field: 'error', fence: record.fence } as const;
  const detail = {
    code,
    cause,
    message: message.slice(0, maxMessageLength),
    ...(stack === undefined ? {} : { stack: stack.slice(0, maxStackLength) }),
    attempt: record.attempt,
    at: rfc3339(now),
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(logStream === undefined ? {} : { log_stream: logStream }),
  };
  await vault.putError(await vault.seal(Buffer.from(JSON.stringify(detail)), as), as);
}

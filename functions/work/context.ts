import type { JobContext, JobSettings } from '../../core/define.ts';
import { PermanentError } from '../../core/errors.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import { type LateAttempt, type OnceDeps, onceOf } from './once.ts';
import { snoozeOf } from './snooze.ts';

export interface ContextDeps extends OnceDeps {
  /** Streams an object of the tenant's, or undefined if there is none. */
  readObject: (tenant: string, key: string) => Promise<AsyncIterable<Uint8Array> | undefined>;
  settings: JobSettings;
  log: (message: string, fields: Record<string, string | number | boolean>) => void;
}

/**
 * What a handler is given beside its payload.
 * @param onLate told when the handler learns that a later attempt is at work
 */
export function contextOf(
  deps: ContextDeps,
  record: JobRecord,
  signal: AbortSignal,
  onLate: (error: LateAttempt) => void,
  { progress, enqueue }: Pick<JobContext, 'progress' | 'enqueue'>,
): JobContext {
  const { readObject, settings, log } = deps;
  const tenant = tenantOf(record);
  return {
    id: record.sk,
    tenant,
    attempt: record.attempt,
    signal,
    settings,
    log: (message, fields = {}) =>
      log(message, { ...fields, job_id: record.sk, type: record.type, attempt: record.attempt }),
    async read(key) {
      if (key.split('/').includes('..'))
        throw new PermanentError('the key of an object must not hold ".."', 'validation');
      const stream = await readObject(tenant, key);
      if (stream === undefined)
        throw new PermanentError(
          `there is no object "${key}" below tenants/${tenant}/ of the data bucket`,
          'validation',
        );
      return stream;
    },
    progress,
    snooze: snoozeOf(record, deps.now),
    enqueue,
    once: onceOf(deps, record, signal, onLate),
  };
}

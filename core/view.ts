import type { Job } from './api.ts';
import { dependenciesOf } from './dependencies.ts';
import { mintedAtOf } from './id.ts';
import { laneOf } from './lane.ts';
import type { JobState } from './state.ts';
import { type JobRecord, type LastError, tenantOf } from './table.ts';

/** The job as the API shows it, wherever it appears: metadata alone, snake_case, RFC 3339. Not for a tombstone. */
export function viewOf(record: JobRecord): Job {
  return {
    id: record.sk,
    tenant: tenantOf(record),
    type: record.type,
    queue: record.queue,
    lane: laneOf(record.priority),
    priority: record.priority,
    status: record.status as JobState,
    ...(record.gate === undefined ? {} : { gate: record.gate }),
    attempt: record.attempt,
    max_attempts: record.attempt + record.attemptsLeft,
    timeout_seconds: record.timeoutSeconds,
    tags: record.tags ?? [],
    created_at: rfc3339(mintedAtOf(record.sk)),
    available_at: rfc3339(record.availableAt),
    ...(record.startedAt === undefined ? {} : { started_at: rfc3339(record.startedAt) }),
    ...(record.finishedAt === undefined ? {} : { finished_at: rfc3339(record.finishedAt) }),
    ...(record.cancelRequestedAt === undefined
      ? {}
      : { cancel_requested_at: rfc3339(record.cancelRequestedAt) }),
    ...(record.progress === undefined
      ? {}
      : { progress: { ...record.progress, at: rfc3339(record.progress.at) } }),
    ...(record.lastError === undefined
      ? {}
      : {
          last_error: {
            ...errorOf(record.lastError),
            ...(record.fingerprint === undefined ? {} : { fingerprint: record.fingerprint }),
          },
        }),
    ...(record.workflow === undefined ? {} : { workflow_id: workflowIdOf(record.workflow) }),
    ...(record.dependencies === undefined
      ? {}
      : {
          dependencies: dependenciesOf(record).map(({ id, onFailure }) => ({ id, on_failure: onFailure })),
        }),
    created_by: record.createdBy,
    ...(record.codeVersion === undefined ? {} : { code_version: record.codeVersion }),
  };
}

/** The workflow's id, of what a job's record says of its node. */
export function workflowIdOf(link: string): string {
  return link.split('#')[0] ?? '';
}

function errorOf({ requestId, logStream, at, ...error }: LastError) {
  return {
    ...error,
    at: rfc3339(at),
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(logStream === undefined ? {} : { log_stream: logStream }),
  };
}

/** Milliseconds since the epoch as `2026-11-22T10:00:00.000Z`. Pure arithmetic: no clock is read. */
export function rfc3339(ms: number): string {
  // biome-ignore lint/style/noRestrictedGlobals: formats a given time, reads none
  return new Date(ms).toISOString();
}

/** The reverse: an RFC 3339 text, already checked by its schema, as ms since the epoch. */
export function momentMs(text: string): number {
  // biome-ignore lint/style/noRestrictedGlobals: parses a given time, reads none
  return Date.parse(text);
}

import type { ErrorsResponse, Job } from '../core/api.ts';
import { isFinal } from '../core/state.ts';
import type { FailureCause } from '../core/table.ts';
import { ageOf, spanOf } from './duration.ts';
import { commandFor, howFar, paint, paintStatus, table } from './render.ts';

/** Each cause in a sentence. */
const causes: Record<FailureCause, string> = {
  transient_error: 'the handler failed in a way that a repeat may cure',
  permanent_error: 'the handler failed in a way that no repeat can cure',
  system_error: 'the machine that ran it gave out',
  timeout: 'it ran longer than its timeout',
  out_of_memory: 'the worker that ran it was out of memory',
  lease_lost: 'the worker that held it died or was cut off',
  attempts_exhausted: 'no attempt was left to start',
  buried: 'its message was received again and again without an answer',
  dependency_failed: 'a job that it waited for failed or was cancelled',
};

/** Of these the time says nothing that a person would ask for. */
const notDue: readonly string[] = ['running', 'waiting_dependencies'];

/** All that is known of a job but its payload and result, one fact a line. */
export function describeJob(job: Job, nowMs: number): string {
  const moment = (text: string | undefined) =>
    text === undefined ? undefined : `${ageOf(text, nowMs)} (${text})`;
  const started = job.started_at;
  const lasted =
    started === undefined || job.finished_at === undefined
      ? undefined
      : `${Date.parse(job.finished_at) - Date.parse(started)} ms`;
  const facts: [string, string | undefined][] = [
    ['id', job.id],
    ['type', job.type],
    ['status', `${paintStatus(job.status)}${job.gate === undefined ? '' : `, held by ${job.gate}`}`],
    ['tenant', job.tenant],
    ['queue', `${job.queue}, lane ${job.lane} (priority ${job.priority})`],
    ['attempts', `${job.attempt} of ${job.max_attempts}, ${spanOf(job.timeout_seconds * 1000)} each at most`],
    ['tags', job.tags.length === 0 ? undefined : job.tags.join(', ')],
    ['workflow', job.workflow_id],
    ['created', `${moment(job.created_at)} by ${job.created_by}`],
    ['progress', progressOf(job, nowMs)],
    ['waits for', job.waits_for?.map(({ id, status }) => `${id} (${status})`).join(', ')],
    ['due', isFinal(job.status) || notDue.includes(job.status) ? undefined : moment(job.available_at)],
    ['started', moment(started)],
    ['lease', leaseOf(job, nowMs)],
    ['cancel asked', moment(job.cancel_requested_at)],
    ['finished', moment(job.finished_at)],
    ['last run', lasted],
    ['code', job.code_version],
  ];
  const rows = facts.flatMap(([name, value]) => (value === undefined ? [] : [[paint('dim', name), value]]));
  return table([], rows);
}

/** Of a job that runs: its `available_at` is when another may take it, and no answer of its worker comes after that. */
function leaseOf({ status, available_at: end }: Job, nowMs: number): string | undefined {
  if (status !== 'running') return undefined;
  return Date.parse(end) > nowMs
    ? `until ${end} (${ageOf(end, nowMs)}); its worker is taken for dead after that`
    : `over since ${end} (${ageOf(end, nowMs)}): its worker is taken for dead, and another takes the job soon`;
}

/** `40 %, rows read, 3 s ago`; undefined for a job that told nothing. */
function progressOf({ progress }: Job, nowMs: number): string | undefined {
  if (progress === undefined) return undefined;
  return [howFar(progress), ageOf(progress.at, nowMs)].join(', ');
}

/** Why it went wrong: the last cause in words, then what each attempt said. */
export function describeFailure(job: Job, errors: ErrorsResponse['errors'], nowMs: number): string {
  const { last_error: last, timeout_seconds: timeoutSeconds } = job;
  if (last === undefined) return 'No attempt has failed.';
  if (last.dependency !== undefined && job.status === 'cancelled')
    return paint(
      'yellow',
      `Cancelled: job ${last.dependency}, which it waited for, failed or was cancelled. To see why: ${commandFor('get', { id: last.dependency, tenant: job.tenant })}`,
    );
  const sentence = (causes as Record<string, string>)[last.cause] ?? last.cause;
  const limit = last.cause === 'timeout' ? ` of ${timeoutSeconds} s` : '';
  const verb = job.status === 'failed' ? 'Failed' : 'Its last failure was';
  const head = `${verb} at attempt ${last.attempt} of ${job.max_attempts}: ${sentence}${limit} (${last.cause}, ${last.code}).`;
  const where =
    last.log_stream === undefined
      ? []
      : [
          `  Its process tells in the log of queue ${job.queue}'s worker: stream ${last.log_stream}, request ${last.request_id}`,
        ];
  const lines = errors.map(
    (each) =>
      `  ${attemptOf(each)}, ${ageOf(each.at, nowMs)}, ${each.code}: ${each.message.replaceAll('\n', '\n    ')}`,
  );
  return [paint('red', head), ...where, ...lines, ...todoOf(job)].join('\n');
}

/** A job of a workflow is not retried by itself: its workflow has gone on by its end. */
function todoOf({ id, status, tenant, workflow_id: workflow }: Job): string[] {
  if (status !== 'failed') return [];
  return workflow === undefined
    ? [`  To run it again: ${commandFor('retry', { id, tenant })}`]
    : [`  To go on with its workflow: ${commandFor('workflow retry', { id: workflow, tenant })}`];
}

/** Which attempt, and which start of all where a person's retry has begun to count anew. */
export function attemptOf({ attempt, run }: { attempt: number; run: number }): string {
  return run === attempt ? `attempt ${attempt}` : `attempt ${attempt} (run ${run})`;
}

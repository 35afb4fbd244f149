import * as api from './api.ts';
import {
  delaySecondsUntil,
  entry,
  fitsDelay,
  handOverMs,
  laneNow,
  latestStart,
  releaseAt,
} from './attention.ts';
import type { Change } from './change.ts';
import { check } from './faults.ts';
import { type Lane, laneOf } from './lane.ts';
import { type Checked, type Fault, type Problem, problem } from './problem.ts';
import { availableAtOf, timeFaults } from './request.ts';
import { isWaiting, transitions } from './state.ts';
import type { Attribute, JobRecord } from './table.ts';

/** What a person changes of a job that waits. */
export interface Patch {
  priority?: number;
  /** ms since the epoch; now for what is past. */
  availableAt?: number;
  /** All its tags; none is no tag. */
  tags?: readonly string[];
}

const sentence = 'the change is not as the API describes it';

/** Reads the body of a PATCH. @param now ms since the epoch */
export function patchOf(body: unknown, now: number): Checked<Patch> {
  const shape = check(api.patchRequest, body, 'invalid_request', sentence);
  if (!shape.ok) return shape;
  const { priority, tags, run_at, delay_seconds } = shape.value;
  const faults = timeFaults(shape.value, now);
  if (Object.keys(shape.value).length === 0)
    faults.push({ path: '', message: 'must have priority, run_at, delay_seconds or tags' });
  if (faults.length > 0) return { ok: false, problem: refused(faults) };
  const timed = run_at !== undefined || delay_seconds !== undefined;
  return {
    ok: true,
    value: {
      ...(priority === undefined ? {} : { priority }),
      ...(timed ? { availableAt: availableAtOf(shape.value, now) } : {}),
      ...(tags === undefined ? {} : { tags }),
    },
  };
}

/** The write that a patch asks for, and the pointer to send once it stands. */
export interface Patched {
  change: Change;
  send?: { lane: Lane; delaySeconds: number };
}

/**
 * A change of a job that waits, or why there can be none. Another time, or another lane for what is in one
 * already, is a hand-over: the record first, with an entry a minute after its time, then a pointer. The old
 * pointer finds the job due later, or final, and is dropped.
 */
export function judgePatch(found: JobRecord, patch: Patch, now: number): Patched | { problem: Problem } {
  const refusal = refusalOf(found, patch);
  if (refusal !== undefined) return { problem: refusal };
  const { tags, priority = found.priority } = patch;
  const availableAt = patch.availableAt ?? found.availableAt;
  const near = fitsDelay(availableAt, now);
  const moved = patch.availableAt !== undefined;
  // A job that waits for others is in no lane yet.
  const isReady = isWaiting(found.status);
  const handsOver = moved || (isReady && near && laneOf(priority) !== laneOf(found.priority));
  const due = near ? Math.max(availableAt, now) + handOverMs : releaseAt(availableAt);
  const remove: Attribute[] = [];
  if (handsOver) remove.push('attentionStep');
  if (tags?.length === 0) remove.push('tags');
  const change: Change = {
    key: { pk: found.pk, sk: found.sk },
    set: {
      ...(patch.priority === undefined ? {} : { priority }),
      ...(tags === undefined || tags.length === 0 ? {} : { tags: [...tags] }),
      ...(moved ? { availableAt, ...statusAt(found, availableAt, now) } : {}),
      ...(handsOver ? entry(found.sk, due) : {}),
    },
    ...(remove.length === 0 ? {} : { remove }),
    where: [
      ['status', '=', found.status],
      ['fence', '=', found.fence],
      ['availableAt', '=', found.availableAt],
      ['gate', 'missing'],
    ],
  };
  if (!(handsOver && near)) return { change };
  const lane = laneNow({ ...found, priority });
  return { change, send: { lane, delaySeconds: delaySecondsUntil(availableAt, now) } };
}

function refusalOf(found: JobRecord, { availableAt }: Patch): Problem | undefined {
  if (found.status === 'waiting_dependencies')
    return availableAt === undefined
      ? undefined
      : problem(
          'invalid_transition',
          'the job waits for other jobs; its time can be changed once they have ended, its priority and tags now',
        );
  if (!isWaiting(found.status))
    return problem(
      'invalid_transition',
      `the job is ${found.status}; only a job that is scheduled, pending or retrying can be changed, and of one that is waiting_dependencies its priority and tags`,
    );
  if (found.gate !== undefined)
    return problem(
      'invalid_transition',
      `the job is parked at its gate "${found.gate}"; it can be changed when that has opened`,
    );
  if (availableAt !== undefined && availableAt > latestStart(found.sk))
    return refused([{ path: '', message: "must be within one year of the job's creation" }]);
  return undefined;
}

function refused(details: Fault[]): Problem {
  return problem('invalid_request', sentence, { details });
}

/** `retrying` stays what it is: it says that an attempt failed. */
function statusAt(found: JobRecord, availableAt: number, now: number): Pick<JobRecord, 'status'> | undefined {
  if (found.status === 'retrying') return undefined;
  return { status: availableAt > now ? transitions.postpone.to : transitions.hasten.to };
}

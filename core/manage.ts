import { entry, handOverMs } from './attention.ts';
import type { Change, Condition } from './change.ts';
import { keptMs } from './settle.ts';
import { transitions } from './state.ts';
import type { JobRecord, Stored } from './table.ts';

/** What a person may do to a job. Each is conditional on the status and fence the person saw. */

/** failed | cancelled → pending, with all its attempts and an entry due in 60 s: the record first, then a pointer. */
export function reopenChange(found: JobRecord, payload: Stored | undefined, now: number): Change {
  return {
    key: { pk: found.pk, sk: found.sk },
    set: {
      status: transitions.reopen.to,
      availableAt: now,
      // Set and not added to: whoever retries at the same moment, or again after a cancel, changes no sum.
      attempt: 0,
      attemptsLeft: found.attempt + found.attemptsLeft,
      buried: 0,
      shared: 0,
      ...(payload === undefined ? {} : { payload }),
      ...entry(found.sk, now + handOverMs),
    },
    remove: [
      ...(['cancelRequestedAt', 'owner', 'message', 'finishedAt', 'expiresAt'] as const),
      ...(['attentionStep', 'progress', 'unopened', 'result', 'fingerprint'] as const),
    ],
    where: [['status', 'in', transitions.reopen.from], ['fence', '=', found.fence], unchanged(found)],
  };
}

/** waiting_dependencies | scheduled | pending | retrying → cancelled. Its pointer finds a final record and is dropped. */
export function cancelChange(found: JobRecord, now: number): Change {
  return {
    key: { pk: found.pk, sk: found.sk },
    set: {
      status: transitions.cancel.to,
      finishedAt: now,
      availableAt: now,
      expiresAt: Math.ceil((now + keptMs) / 1000),
    },
    remove: ['owner', 'gate', 'attention', 'attentionAt', 'attentionStep'],
    where: [['status', 'in', transitions.cancel.from], ['fence', '=', found.fence], unchanged(found)],
  };
}

/** Asks the holder of a running job to end it: it reads the record within seconds. Whoever finds the lease over settles it `cancelled`. */
export function askCancelChange(found: JobRecord, now: number): Change {
  return {
    key: { pk: found.pk, sk: found.sk },
    set: { cancelRequestedAt: now },
    where: [
      ['status', 'in', transitions.cancel_running.from],
      ['fence', '=', found.fence],
    ],
  };
}

/** The write that cancels a job as it was found; undefined for one that cannot be cancelled. */
export function cancelOf(found: JobRecord, now: number): Change | undefined {
  if ((transitions.cancel.from as readonly string[]).includes(found.status)) return cancelChange(found, now);
  return found.status === 'running' ? askCancelChange(found, now) : undefined;
}

/**
 * A repeat of the SDK's that arrives late must not undo what a person did since: between a cancel and a retry
 * the fence stays, the time does not.
 */
function unchanged({ availableAt }: JobRecord): Condition {
  return ['availableAt', '=', availableAt];
}

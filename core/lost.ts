import type { Change, Condition } from './change.ts';
import { type Death, deathError } from './death.ts';
import { attentionAttributes, blamed, ended } from './settle.ts';
import { transitions } from './state.ts';
import type { JobRecord } from './table.ts';

/** What others than its holder write to a job that was given up: its lease is over, or no attempt is left. */

/** running with its lease over, cancel asked for → cancelled, by whoever finds it. */
export function cancelLostChange(found: JobRecord, now: number): Change {
  return {
    key: { pk: found.pk, sk: found.sk },
    set: { status: transitions.cancel_running.to, ...ended(now) },
    remove: ['owner', ...attentionAttributes],
    where: lost(found, now),
  };
}

/** running with its lease over and no attempt left, or waiting with none left → failed, by whoever finds it. */
export function failLostChange(found: JobRecord, why: Death | 'attempts_exhausted', now: number): Change {
  if (why === 'attempts_exhausted') {
    const seen: Condition[] = [
      ['status', '=', found.status],
      ['fence', '=', found.fence],
    ];
    return failFound(found, transitions.exhaust.to, blamed(found, { code: why, cause: why }, now), now, seen);
  }
  const { cause } = why;
  const blame = { ...blamed(found, { code: cause, cause }, now), lastError: deathError(found, why, now) };
  return failFound(found, transitions.lose_lease.to, blame, now, [
    ...lost(found, now),
    // Asked for since it was read, while the log was searched for the cause: judged anew, it ends cancelled.
    ['cancelRequestedAt', 'missing'],
  ]);
}

function failFound(
  found: JobRecord,
  status: 'failed',
  blame: Partial<JobRecord>,
  now: number,
  where: Condition[],
): Change {
  return {
    key: { pk: found.pk, sk: found.sk },
    set: { status, ...ended(now), ...blame },
    remove: ['owner', 'attentionStep'],
    where,
  };
}

/** Writes by someone who is not the holder: only on the fence seen, and only when the lease is over. */
function lost(found: JobRecord, now: number): Condition[] {
  return [
    ['status', 'in', ['running']],
    ['fence', '=', found.fence],
    ['availableAt', '<=', now],
  ];
}

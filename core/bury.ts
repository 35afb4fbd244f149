import { entry, fitsDelay, handOverMs, isRescued, releaseAt } from './attention.ts';
import type { Change } from './change.ts';
import { afterLeaseMs, type ClaimMessage, givesBack, judgeAbsent, startsLeft } from './claim.ts';
import { type Death, deathError } from './death.ts';
import { cancelLostChange } from './lost.ts';
import { blamed, isSettled, keptMs } from './settle.ts';
import { transitions } from './state.ts';
import type { JobRecord, LastError } from './table.ts';

/** SQS's clock, which stamps messages, and that of a bury may be so far apart. */
const clocksMs = 60_000;

/** What to do with a dead-lettered pointer. */
export type BuryDecision =
  | { do: 'hide'; seconds: number }
  | { do: 'drop' }
  | { do: 'bury_void' }
  /** Buried by this message already: its pointer to quarantine again, should that not have been sent, then drop. */
  | { do: 'send_again' }
  /** Record first, then a pointer to quarantine, then drop. */
  | { do: 'rescue'; change: Change }
  | { do: 'cancel'; change: Change }
  | { do: 'fail'; change: Change };

/**
 * Receives are not attempts: a message that gave up says nothing of its job, so bury judges as a claim
 * would, and fails only what no claim could start. Every write is conditional on the status, fence and
 * `availableAt` that were read.
 * @param death of the process that held it, where its lease is lost
 */
export function judgeBurial(
  found: JobRecord | undefined,
  message: ClaimMessage,
  now: number,
  death: Death = { cause: 'lease_lost' },
): BuryDecision {
  if (found === undefined) return judgeAbsent(message, now);
  // A job that waits for others needs no pointer: its entry has it looked after.
  if (isSettled(found) || found.status === 'waiting_dependencies') return { do: 'drop' };
  if (found.status === 'running' && found.availableAt > now) {
    if (found.message !== message.messageId) return { do: 'drop' };
    return { do: 'hide', seconds: Math.ceil((found.availableAt - now + afterLeaseMs) / 1000) };
  }
  if (found.status === 'running' && found.cancelRequestedAt !== undefined)
    return { do: 'cancel', change: cancelLostChange(found, now) };
  const rescued = found.status !== 'running' && isRescued(found);
  if (rescued && found.message === message.messageId) return { do: 'send_again' };
  // Older than what its last burial sent: while nothing can be claimed, pointers would become more and more.
  if (rescued && found.attention !== undefined && message.sentAt + clocksMs < (found.buriedAt ?? 0))
    return { do: 'drop' };
  const burials = rescued ? (found.buried ?? 0) + 1 : 1;
  const left = found.status === 'running' ? startsLeft(found) : found.attemptsLeft;
  if (left <= 0) return { do: 'fail', change: failBuried(found, burials, death, now) };
  return { do: 'rescue', change: rescue(found, message, burials, death, now) };
}

/** A lost lease → pending; what waits goes on waiting for its time. In attention until quarantine has claimed it. */
function rescue(
  found: JobRecord,
  { messageId }: ClaimMessage,
  burials: number,
  death: Death,
  now: number,
): Change {
  const lost = found.status === 'running';
  const availableAt = lost ? now : Math.max(found.availableAt, now);
  return {
    key: { pk: found.pk, sk: found.sk },
    set: {
      ...(lost
        ? { status: transitions.rescue.to, availableAt, lastError: deathError(found, death, now) }
        : {}),
      buried: burials,
      buriedAt: now,
      message: messageId,
      shared: 0,
      ...entry(found.sk, fitsDelay(availableAt, now) ? availableAt + handOverMs : releaseAt(availableAt)),
    },
    ...(lost && givesBack(found) ? { add: { attempt: -1, attemptsLeft: 1 } } : {}),
    remove: ['owner'],
    where: seen(found),
  };
}

function failBuried(found: JobRecord, burials: number, death: Death, now: number): Change {
  const blame = blamed(found, { code: 'buried', cause: 'buried' }, now);
  // That it was buried is the cause; of its last process it says where to look.
  const { cause: _, code: __, ...of } = deathError(found, death, now);
  return {
    key: { pk: found.pk, sk: found.sk },
    set: {
      status: transitions.bury.to,
      finishedAt: now,
      availableAt: now,
      expiresAt: Math.ceil((now + keptMs) / 1000),
      buried: burials,
      ...blame,
      lastError: { ...blame.lastError, ...(found.status === 'running' ? of : {}) } as LastError,
    },
    remove: ['owner', 'attentionStep'],
    where: seen(found),
  };
}

function seen(found: JobRecord): Change['where'] {
  return [
    ['status', '=', found.status],
    ['fence', '=', found.fence],
    ['availableAt', '=', found.availableAt],
    // Asked for since it was read, while the log was searched for the cause: judged anew, it ends cancelled.
    ...(found.status === 'running' ? [['cancelRequestedAt', 'missing'] as const] : []),
  ];
}

import { entry, fitsDelay, handOverMs, latestStart, releaseAt } from './attention.ts';
import type { Change } from './change.ts';
import { ended } from './settle.ts';
import { isFinal, transitions } from './state.ts';
import type { Dependencies, JobRecord } from './table.ts';

/**
 * Jobs that wait for other jobs. The records of those others are the truth: whoever looks after a waiting job
 * reads them and decides. That a look comes soon is what watchers are for: ids on the awaited record, read by
 * whoever ends it.
 */

/** What its failure does to the job that waits for it; as `on_failure` of a workflow's node, where undoing is possible besides. */
export const dependencyPolicies = ['cancel', 'continue'] as const;

/** A job that must end first. */
export interface Dependency {
  id: string;
  onFailure: (typeof dependencyPolicies)[number];
}

export const mostDependencies = 100;

/** Ids on an awaited record: 22 bytes each, in every write of it. Who comes later is looked after by `release` alone. */
export const mostWatchers = 100;

/** A job whose holder cannot know that it is awaited is looked at again so soon: by then it has ended, or its settle reads the record. */
export const lookAgainSeconds = 5;

const idChars = 22;

/** Ids as they lie on a record: 16 bytes each in base64url. */
export function packIds(ids: readonly string[]): string {
  return ids.map((id) => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')).join('');
}

export function unpackIds(packed: string): string[] {
  return Array.from({ length: Math.floor(packed.length / idChars) }, (_, index) => {
    const hex = Buffer.from(packed.slice(index * idChars, (index + 1) * idChars), 'base64url').toString(
      'hex',
    );
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  });
}

/** As they are stored. @param delayMs runs so long after the last has ended */
export function packDependencies(on: readonly Dependency[], delayMs: number): Dependencies {
  const [well, ended] = dependencyPolicies.map((policy) =>
    packIds(on.flatMap(({ id, onFailure }) => (onFailure === policy ? [id] : []))),
  );
  return {
    ...(well ? { well } : {}),
    ...(ended ? { ended } : {}),
    ...(delayMs === 0 ? {} : { delayMs }),
  };
}

/** Those that must end well first, then those that must only end. */
export function dependenciesOf({ dependencies }: Pick<JobRecord, 'dependencies'>): Dependency[] {
  const { well = '', ended = '' } = dependencies ?? {};
  return [
    ...unpackIds(well).map((id): Dependency => ({ id, onFailure: 'cancel' })),
    ...unpackIds(ended).map((id): Dependency => ({ id, onFailure: 'continue' })),
  ];
}

export function watchersOf({ watchers = '' }: Pick<JobRecord, 'watchers'>): string[] {
  return unpackIds(watchers);
}

export type Judgement =
  /** These have not ended. */
  | { do: 'wait'; open: JobRecord[] }
  | { do: 'run' }
  /** That one ended otherwise than well, and it must not. */
  | { do: 'cancel'; because: string };

/**
 * What becomes of a job that waits.
 * @param found the records of what it waits for, in order. None where it is no longer stored: it stood when the job
 *   was taken, so it has ended a month ago; and it ended well, or the job would have been cancelled by it.
 */
export function judgeDependencies(
  on: readonly Dependency[],
  found: readonly (JobRecord | undefined)[],
): Judgement {
  const open: JobRecord[] = [];
  for (const [index, { id, onFailure }] of on.entries()) {
    const record = found[index];
    if (record === undefined) continue;
    const isMissed = record.status === 'failed' || record.status === 'cancelled';
    if (isMissed && onFailure === 'cancel') return { do: 'cancel', because: id };
    if (!isFinal(record.status)) open.push(record);
  }
  return open.length === 0 ? { do: 'run' } : { do: 'wait', open };
}

/**
 * When a job runs whose dependencies have ended, ms since the epoch: its delay counts from now, its `run_at` stands;
 * a year after its creation at the latest, because its payload is kept a little longer.
 */
export function startsAt(
  { sk, availableAt, dependencies }: Pick<JobRecord, 'sk' | 'availableAt' | 'dependencies'>,
  now: number,
): number {
  const wanted = Math.max(now + (dependencies?.delayMs ?? 0), availableAt);
  return Math.max(now, Math.min(wanted, latestStart(sk)));
}

/** waiting_dependencies → pending | scheduled: the record first, with an entry a minute after its time, then its pointer. */
export function metChange(found: JobRecord, now: number): Change {
  const availableAt = startsAt(found, now);
  const near = fitsDelay(availableAt, now);
  return {
    key: { pk: found.pk, sk: found.sk },
    set: {
      status: availableAt > now ? transitions.delay_met.to : transitions.meet.to,
      availableAt,
      ...entry(found.sk, near ? availableAt + handOverMs : releaseAt(availableAt)),
    },
    ...(found.attentionStep === undefined ? {} : { remove: ['attentionStep'] as const }),
    where: seen(found),
  };
}

/** waiting_dependencies → cancelled. @param because the id of the job that did not end well */
export function missedChange(found: JobRecord, because: string, now: number): Change {
  const code = 'dependency_failed';
  return {
    key: { pk: found.pk, sk: found.sk },
    set: {
      status: transitions.miss.to,
      ...ended(now),
      lastError: { code, cause: code, attempt: 0, at: now, dependency: because },
    },
    remove: ['attention', 'attentionAt', 'attentionStep'],
    where: seen(found),
  };
}

/** No way leads back into waiting, so a repeat that comes late finds another state. */
function seen({ status, fence }: JobRecord): Change['where'] {
  return [
    ['status', '=', status],
    ['fence', '=', fence],
  ];
}

/**
 * Notes on a record which jobs wait for it, if it has not ended and nobody else noted anything since; undefined if
 * they are noted already, or there is no room.
 */
export function watchChange(found: JobRecord, jobIds: readonly string[]): Change | undefined {
  const known = watchersOf(found);
  const fresh = jobIds.filter((id) => !known.includes(id)).slice(0, mostWatchers - known.length);
  if (fresh.length === 0) return undefined;
  return {
    key: { pk: found.pk, sk: found.sk },
    set: { watchers: `${found.watchers ?? ''}${packIds(fresh)}` },
    where: [
      ['finishedAt', 'missing'],
      found.watchers === undefined ? ['watchers', 'missing'] : ['watchers', '=', found.watchers],
    ],
  };
}

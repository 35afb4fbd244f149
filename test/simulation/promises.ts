import type { Change } from '../../core/change.ts';
import { isFinal } from '../../core/state.ts';
import type { JobRecord } from '../../core/table.ts';

/** A promise of DESIGN that a history broke. */
export class Broken extends Error {
  override name = 'Broken';
}

/** A handler at work: it owns its job until it ended, was told to stop, or its process died. */
export interface Running {
  jobId: string;
  fence: number;
  owns: () => boolean;
}

/** A settle: whoever finds a lease over writes under the condition that it is. */
function byHolder(before: JobRecord | undefined, after: JobRecord, change?: Change): boolean {
  if (before?.status !== 'running' || after.status === 'running') return false;
  return change?.where.every(([name]) => name !== 'availableAt') ?? false;
}

/**
 * Looks at every write and every start. What it sees broken it keeps for `first`: thrown where it happens, the
 * pipeline would take it for a handler's error.
 */
export function watchPromises() {
  let first: Broken | undefined;
  const broken = (message: string): void => {
    first ??= new Broken(message);
  };
  const running: Running[] = [];
  const starts = new Map<string, number>();
  const limits = new Map<string, number>();
  const accepted = new Set<string>();
  const fences = new Map<string, number>();

  return {
    first: () => first,
    accept(jobId: string): void {
      accepted.add(jobId);
    },
    /** Final stays final, the fence never falls, attempts stay within the limit, a void id stays void. */
    written(before: JobRecord | undefined, after: JobRecord, change?: Change, owner?: string): void {
      const reopened =
        (before?.status === 'failed' || before?.status === 'cancelled') &&
        after.status === 'pending' &&
        change?.set.attempt === 0;
      if (before !== undefined && isFinal(before.status) && after.status !== before.status && !reopened) {
        broken(`final stays final: ${after.sk} went from ${before.status} to ${after.status}`);
      }
      if (byHolder(before, after, change) && before?.owner !== owner)
        broken(
          `a late attempt's effect is stored: ${after.sk} became ${after.status} by another than its holder`,
        );
      if (before?.attention !== undefined && after.attention === undefined && !isFinal(after.status))
        broken(`an entry was given up: ${after.sk} is ${after.status}`);
      if (before?.status === 'void')
        broken(`a tombstone was written over: ${after.sk} became ${after.status}`);
      if (after.fence < (fences.get(after.sk) ?? 0))
        broken(`the fence fell: ${after.sk} from ${fences.get(after.sk)} to ${after.fence}`);
      fences.set(after.sk, after.fence);
      if (
        before !== undefined &&
        before.attempt + before.attemptsLeft !== after.attempt + after.attemptsLeft
      ) {
        broken(
          `attempts do not add up: ${after.sk} had ${before.attempt}+${before.attemptsLeft}, has ${after.attempt}+${after.attemptsLeft}`,
        );
      }
      if (after.attempt < 0 || after.attemptsLeft < 0)
        broken(`attempts out of bounds: ${after.sk} has ${after.attempt} spent, ${after.attemptsLeft} left`);
      const finished = after.status === 'completed' && before?.status !== 'completed';
      if (finished && before?.status !== 'running') broken(`${after.sk} completed without running`);
      if (reopened) starts.set(after.sk, 0);
      limits.set(after.sk, after.attempt + after.attemptsLeft);
    },
    /** One attempt owns a job at a time; a job of one attempt starts once. */
    started(start: Running): void {
      const other = running.find((each) => each.jobId === start.jobId && each.owns());
      if (other !== undefined)
        broken(`two attempts own ${start.jobId}: fence ${other.fence} and fence ${start.fence}`);
      running.push(start);
      const count = (starts.get(start.jobId) ?? 0) + 1;
      starts.set(start.jobId, count);
      if (limits.get(start.jobId) === 1 && count > 1)
        broken(`${start.jobId} has one attempt and was started ${count} times`);
    },
    /** Every accepted job has its record, and something will look at it again. */
    lookedAfter(
      records: ReadonlyMap<string, JobRecord>,
      pointed: ReadonlySet<string>,
      held: (jobId: string) => boolean,
    ): void {
      for (const jobId of accepted) {
        const record = records.get(jobId);
        if (record === undefined) {
          broken(`accepted and lost: ${jobId} has no record`);
          continue;
        }
        if (record.status === 'void') broken(`accepted and lost: ${jobId} is a tombstone`);
        if (isFinal(record.status) || record.attention !== undefined || pointed.has(jobId) || held(jobId))
          continue;
        broken(`nobody looks after ${jobId}: ${record.status}, no pointer, no entry`);
      }
    },
    /** At the end of a history, faults over and time enough: every accepted job is final. */
    allFinal(records: ReadonlyMap<string, JobRecord>): void {
      for (const jobId of accepted) {
        const record = records.get(jobId);
        if (record === undefined || !isFinal(record.status))
          broken(`${jobId} is ${record?.status ?? 'lost'} long after the last fault`);
      }
    },
  };
}

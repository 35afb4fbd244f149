import type { CancelMany, RetryMany } from '../../core/many.ts';
import type { OperationProgress } from '../../core/operation.ts';
import { isFinal } from '../../core/state.ts';
import type { JobRecord, Stored } from '../../core/table.ts';
import type { Written } from './table.ts';
import { clocksMs, type Expect } from './watched.ts';

/** The index lags behind by 10 s, and two clocks differ by up to 5 s. */
const unseenMs = 15_000;
/** Sends that were on their way when an operation ended. */
const underWayMs = 15_000;
/** A verdict is read, judged and stored within this. */
const judgedWithinMs = 40_000;

/** One operation on many jobs, as its checkpoints and writes show it. */
interface Operated {
  asked: { does: 'retry'; body: RetryMany } | { does: 'cancel'; body: CancelMany };
  /** By the clock of the process that took it in. */
  mintedAt: number;
  /** Written down before they were changed: all of them, how often, and those of the last page. */
  begun: Set<string>;
  matched: number;
  page: Set<string>;
  /** Where that page goes on: a page that is interrupted is written down again, as far as it is left. */
  place?: string;
  /** Others wrote to them before it is known whose change stands there. */
  disputed: Set<string>;
  changed: Set<string>;
  /** Retried once more, within the clocks' margin. */
  again: number;
  /** How many the canary may be, and whether it has passed. */
  counted: number;
  passed: boolean;
  endedAt?: number;
}

interface OperationParts {
  now: () => number;
  all: () => JobRecord[];
  peek: (jobId: string) => JobRecord | undefined;
  /** When a record was last written, ms of true time. */
  writtenAt: (jobId: string) => number;
  /** What a sealed value holds. */
  open: (stored: Stored) => unknown;
  /** A job's cancel is asked for, by someone who may. */
  cancelAsked: (jobId: string) => void;
  expect: Expect;
}

/** Looks at operations on many jobs: what they write down, what they change, and what they say at their end. */
export function watchOperations(parts: OperationParts) {
  const { now, all, peek, writtenAt, open, cancelAsked, expect } = parts;
  const operations = new Map<string, Operated>();

  return {
    /** A start of an operation. @param mintedAt the time in its id */
    started(jobId: string, asked: Operated['asked'], mintedAt: number): void {
      if (operations.has(jobId)) return;
      operations.set(jobId, {
        ...{ asked, mintedAt, matched: 0, again: 0, counted: 0, passed: false },
        ...{ begun: new Set(), page: new Set(), disputed: new Set(), changed: new Set() },
      });
    },
    patchOf(jobId: string | undefined): Record<string, unknown> | undefined {
      const asked = operations.get(jobId ?? '')?.asked;
      return asked?.does === 'retry' ? asked.body.patch : undefined;
    },
    /** A checkpoint that was stored. */
    saved(jobId: string, progress: OperationProgress): void {
      const operation = operations.get(jobId);
      if (operation === undefined) return;
      operation.page = new Set(progress.begun);
      const place = JSON.stringify([progress.phase, progress.from, progress.rest]);
      if (place !== operation.place) operation.matched += progress.begun.length;
      operation.place = place;
      operation.counted = progress.counted;
      for (const each of progress.begun) {
        operation.begun.add(each);
        // Changed by another between its read and this.
        const record = peek(each);
        if (record === undefined || !isMeant(operation, record)) operation.disputed.add(each);
      }
      if (progress.canary?.verdict === 'passed' && !operation.passed) passes(jobId, operation, progress);
    },
    written(each: Written): void {
      if (operations.size === 0) return;
      const { before, after, by } = each;
      const own = operations.get(after.sk);
      if (own !== undefined) {
        ends(after.sk, own, after);
        return;
      }
      const at = by.operation === undefined ? undefined : operations.get(by.operation);
      for (const operation of operations.values())
        if (operation !== at && operation.page.has(after.sk)) dispute(operation, after.sk);
      if (at !== undefined && before !== undefined) changes(by.operation ?? '', at, before, each);
    },
  };

  /** Once an operation has retried a job, whatever becomes of that tells the same. */
  function dispute({ asked, changed, disputed }: Operated, jobId: string): void {
    if (asked.does === 'cancel' || !changed.has(jobId)) disputed.add(jobId);
  }

  function changes(name: string, operation: Operated, before: JobRecord, { after, how }: Written): void {
    const { asked, changed, mintedAt, disputed } = operation;
    const saying = (what: string) => () => `${name} (${asked.does}) takes ${after.sk}, ${what}`;
    // Its holder was asked a moment before: asked once more, it ends no other way.
    if (asked.does === 'cancel' && before.cancelRequestedAt !== undefined) return;
    expect(
      isMeant(operation, before),
      'an operation takes only what is meant',
      saying(`which is ${before.status}, minted ${mintedOf(before) - mintedAt} ms after it`),
    );
    if (asked.does === 'cancel') cancelAsked(after.sk);
    else if (changed.has(after.sk)) {
      operation.again++;
      expect(
        (before.finishedAt ?? 0) > mintedAt - clocksMs,
        'no job is retried twice by one operation',
        saying('which it has retried before'),
      );
    }
    changed.add(after.sk);
    // Its sender never hears of it: whoever comes next may take it for another's.
    if (how === 'late') disputed.add(after.sk);
    if (asked.does === 'retry' && asked.body.canary !== undefined && !operation.passed) {
      const { percent } = asked.body.canary;
      const most = Math.max(1, Math.ceil((operation.counted * percent) / 100));
      const first = [...changed].filter((each) => !disputed.has(each)).length;
      expect(
        first <= most,
        'a canary goes first',
        saying(`the ${first}th of ${operation.counted}, before its ${percent} % are judged`),
      );
    }
    expect(
      operation.endedAt === undefined || how === 'late' || now() - operation.endedAt <= underWayMs,
      'an operation that ended stops',
      saying(`${now() - (operation.endedAt ?? 0)} ms after it ended`),
    );
  }

  function passes(name: string, operation: Operated, { canary }: OperationProgress): void {
    operation.passed = true;
    if (
      operation.asked.does === 'cancel' ||
      operation.asked.body.canary === undefined ||
      canary === undefined
    )
      return;
    const { max_failure_rate: rate } = operation.asked.body.canary;
    const jobs = canary.completed + canary.failed + canary.open;
    const since = now() - judgedWithinMs;
    const failed = [...operation.changed].filter(
      (each) => !operation.disputed.has(each) && peek(each)?.status === 'failed' && writtenAt(each) < since,
    ).length;
    expect(
      Math.max(failed, canary.failed) <= rate * jobs,
      'a canary goes first',
      () => `${name} goes on: of ${jobs} jobs ${failed} have failed, it says ${canary.failed}`,
    );
  }

  function ends(name: string, operation: Operated, after: JobRecord): void {
    if (!isFinal(after.status)) {
      delete operation.endedAt;
      return;
    }
    operation.endedAt ??= now();
    if (after.status === 'completed' && after.result !== undefined)
      tells(name, operation, open(after.result) as Told);
  }

  function tells(name: string, operation: Operated, told: Told): void {
    const { changed, disputed, again, matched, begun } = operation;
    const count = told.retried ?? told.cancelled ?? 0;
    const reasons = Object.values(told.reasons).reduce((sum, each) => sum + each, 0);
    const least = [...changed].filter((each) => !disputed.has(each)).length;
    const most = new Set([...changed, ...disputed]).size + again;
    expect(
      count + told.skipped === matched && reasons === told.skipped && count >= least && count <= most,
      'an operation tells what it did',
      () =>
        `${name} says that it changed ${count} and skipped ${told.skipped} (${reasons} by reason); it began ${matched} and changed ${least} to ${most}`,
    );
    if (told.stopped !== undefined) return;
    for (const record of all())
      expect(
        begun.has(record.sk) ||
          writtenAt(record.sk) > operation.mintedAt - unseenMs ||
          !isMeant(operation, record),
        'an operation leaves nobody out',
        () => `${name} is done and never took ${record.sk}, which is ${record.status}`,
      );
  }
}

/** What an operation's result says. */
interface Told {
  matched: number;
  retried?: number;
  cancelled?: number;
  skipped: number;
  reasons: Record<string, number>;
  stopped?: string;
}

/** ms since the epoch: the first 48 bits of a UUIDv7. */
function mintedOf({ sk }: JobRecord): number {
  return Number.parseInt(sk.slice(0, 8) + sk.slice(9, 13), 16);
}

/** What was asked for, in plain words: what had ended so, or was there, before the operation was asked for. */
function isMeant({ asked, mintedAt }: Operated, job: JobRecord): boolean {
  if (job.type.startsWith('taskq.') || (asked.body.type ?? job.type) !== job.type) return false;
  if (mintedOf(job) >= mintedAt) return false;
  if (asked.does === 'retry')
    return job.status === (asked.body.status ?? 'failed') && (job.finishedAt ?? 0) < mintedAt;
  const states = asked.body.status === undefined ? openStates : [asked.body.status];
  return (states as readonly string[]).includes(job.status) && job.cancelRequestedAt === undefined;
}

const openStates = ['scheduled', 'pending', 'retrying', 'running'];

import type { JobStore } from '../../core/change.ts';
import type { JobContext } from '../../core/define.ts';
import { jobErrorFields, TransientError } from '../../core/errors.ts';
import type { RetryMany } from '../../core/many.ts';
import { defaultWaitSeconds } from '../../core/many.ts';
import {
  beginning,
  type CanaryProgress,
  canaryCounts,
  canarySize,
  type Done,
  judgeCanary,
  judged,
  nextTurn,
  noteOf,
  type OperationProgress,
  percentOf,
  tallied,
} from '../../core/operation.ts';
import { type JobRecord, jobKey } from '../../core/table.ts';
import { LateAttempt } from '../work/once.ts';
import { Snoozed } from '../work/snooze.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Choice } from './choose.ts';

export interface OperateDeps {
  store: JobStore;
  checkpoints: Checkpoints;
  newOwner: () => string;
  now: () => number;
  /** ms of a clock that never jumps. */
  monotonic: () => number;
  onError: (message: string, error: unknown) => void;
}

/** What became of jobs that were to be changed. */
export interface Changed {
  done: Done[];
  /** Throttled to the end: changed or not. */
  left: string[];
}

export interface Operation {
  /** What its jobs are then, for its notes: `retried`, `cancelled`. */
  verb: string;
  choice: Choice;
  /** Changes jobs that are meant; one answer for each. Rejects when it is unknown what became of them. */
  change(records: readonly JobRecord[]): Promise<Changed>;
  /** Was a job changed whose change had begun and that is no longer meant. */
  wasChanged(record: JobRecord): boolean;
  canary?: RetryMany['canary'];
}

type Job = Pick<JobContext, 'id' | 'tenant' | 'signal' | 'progress' | 'snooze'>;

/** A start works so long and then snoozes, well within its type's 60 s. */
const partMs = 40_000;
/** Jobs that are changed between two checkpoints. */
const changedAtOnce = 100;
const countedAtOnce = 1_000;
/** A start that AWS does not let go on any further leaves the table so long alone. */
const interruptedSeconds = 10;
/** Between two looks at a canary. */
const watchSeconds = 5;

/**
 * Carries out an operation on many jobs, in parts: count, then change page by page, the canary first. Before
 * each page is changed its jobs are written down, so that whoever goes on after a crash counts none twice and
 * leaves none out. Ends in a snooze until all is done; also where AWS is in the way and this start has come further.
 * Rejects, which spends an attempt, where it has not.
 */
export async function operate(deps: OperateDeps, operation: Operation, job: Job): Promise<OperationProgress> {
  const { store, checkpoints, now, monotonic } = deps;
  const { choice, canary } = operation;
  const by = deps.newOwner();
  const partEndsAt = monotonic() + partMs;
  const stored = await checkpoints.load(job.id);
  let revision = stored?.revision ?? 0;
  let progress = stored?.progress ?? beginning;
  /** Has this start come any further. */
  let moved = false;

  // The claim has taken what the start before this one told.
  if (stored !== undefined) tell(progress);
  for (;;) {
    job.signal.throwIfAborted();
    if (isOver(progress)) return progress;
    if (monotonic() >= partEndsAt) await pause(progress, 0);
    try {
      progress = await step();
      moved = true;
    } catch (error) {
      if (!moved || job.signal.aborted || isDecided(error)) throw error;
      deps.onError(`an operation is interrupted: it goes on in ${interruptedSeconds} s`, error);
      await pause(progress, interruptedSeconds);
    }
    tell(progress);
  }

  async function step(): Promise<OperationProgress> {
    if (progress.begun.length > 0) return finish(progress, await recordsOf(progress.begun));
    if (isWatching(progress)) return watch(progress, progress.canary);
    return progress.phase === 'count' ? count(progress) : change(progress);
  }

  async function count(before: OperationProgress): Promise<OperationProgress> {
    const { ids, next } = await choice.page(before.from, countedAtOnce);
    const counted = before.counted + ids.length;
    if (next !== undefined) return { ...before, counted, from: next };
    return {
      ...before,
      counted,
      phase: 'change',
      from: { shard: 0 },
      ...(canary === undefined
        ? {}
        : {
            canary: { size: canarySize(counted, canary.percent), ids: [], completed: 0, failed: 0, open: 0 },
          }),
    };
  }

  async function change(before: OperationProgress): Promise<OperationProgress> {
    const page = await choice.page(before.from, changedAtOnce);
    const ids = page.ids.slice(0, roomFor(before));
    const cutAt = ids.length < page.ids.length ? ids.at(-1) : undefined;
    const { shard } = before.from;
    const more = cutAt === undefined ? page.next : { shard, last: cutAt };
    const next = nextTurn(before, more?.shard === shard ? more : undefined, choice.shards);
    const after: OperationProgress = { ...before, ...(next ?? { phase: 'end' }) };
    const meant = (await recordsOf(ids.map(({ id }) => id))).filter(choice.isMeant);
    if (meant.length === 0) return after;
    const begun = { ...after, begun: meant.map(({ sk }) => sk) };
    await save(begun);
    return finish(begun, meant);
  }

  /** What was begun and is no longer meant was changed by the attempt that wrote it down, or ended before it could be. */
  async function finish(begun: OperationProgress, records: readonly JobRecord[]): Promise<OperationProgress> {
    const found = new Map(records.map((each) => [each.sk, each]));
    const meant: JobRecord[] = [];
    const done: Done[] = [];
    for (const id of begun.begun) {
      const record = found.get(id);
      if (record !== undefined && choice.isMeant(record)) meant.push(record);
      else if (record !== undefined && operation.wasChanged(record)) done.push({ id });
      else done.push({ id, skipped: 'changed' });
    }
    const changed = await operation.change(meant);
    const all = [...done, ...changed.done];
    const after = tallied(begun, all, changed.left);
    if (changed.left.length === 0) return after;
    moved ||= all.length > 0;
    progress = after;
    throw new TransientError('DynamoDB is throttling', 'database');
  }

  async function watch(before: OperationProgress, watched: CanaryProgress): Promise<OperationProgress> {
    const { max_failure_rate: maxRate = 0, wait_seconds: waitSeconds = defaultWaitSeconds } = canary ?? {};
    const since = watched.watchedSince ?? now();
    const counts = canaryCounts(watched.ids, await recordsOf(watched.ids, true));
    const after = { ...before, canary: { ...watched, watchedSince: since, ...counts } };
    const decision = judgeCanary(counts, maxRate, now() - since >= waitSeconds * 1000);
    if (decision === 'wait') await pause(after, watchSeconds);
    const next = { ...after, canary: judged(after.canary, decision === 'stop' ? 'stopped' : 'passed') };
    await save(next);
    return next;
  }

  async function recordsOf(ids: readonly string[]): Promise<JobRecord[]>;
  async function recordsOf(ids: readonly string[], all: true): Promise<(JobRecord | undefined)[]>;
  async function recordsOf(ids: readonly string[], all = false): Promise<(JobRecord | undefined)[]> {
    const records = await store.get(ids.map((id) => jobKey(job.tenant, id)));
    return all ? records : records.filter((each) => each !== undefined);
  }

  async function save(next: OperationProgress): Promise<void> {
    if (!(await checkpoints.save(job.id, { revision: revision + 1, by, progress: next })))
      throw new LateAttempt('another attempt of this operation is at work: this one ends');
    revision++;
    progress = next;
  }

  function tell(next: OperationProgress): void {
    job.progress(percentOf(next), noteOf(next, operation.verb, isWatching(next)));
  }

  async function pause(next: OperationProgress, seconds: number): Promise<never> {
    await save(next);
    tell(next);
    return job.snooze(seconds);
  }
}

/** No matter of AWS: its end for now, or for good. */
function isDecided(error: unknown): boolean {
  if (error instanceof Snoozed || error instanceof LateAttempt) return true;
  return jobErrorFields(error)?.kind === 'permanent';
}

function isOver({ phase, begun, canary }: OperationProgress): boolean {
  if (canary?.verdict === 'stopped') return true;
  return phase === 'end' && begun.length === 0 && (canary === undefined || canary.verdict !== undefined);
}

/** All of the canary have been retried, or there are no more. */
function isWatching(progress: OperationProgress): progress is OperationProgress & { canary: CanaryProgress } {
  const { phase, canary } = progress;
  if (canary === undefined || canary.verdict !== undefined) return false;
  return phase === 'end' || canary.ids.length >= canary.size;
}

function roomFor({ canary }: OperationProgress): number {
  if (canary === undefined || canary.verdict !== undefined) return Number.POSITIVE_INFINITY;
  return canary.size - canary.ids.length;
}

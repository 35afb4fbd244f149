import type { JobStore } from '../../core/change.ts';
import type { JobContext } from '../../core/define.ts';
import type { Position } from '../../core/failures.ts';
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
  type OperationProgress,
  percentOf,
  tallied,
} from '../../core/operation.ts';
import { type JobRecord, jobKey } from '../../core/table.ts';
import { LateAttempt } from '../work/once.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Choice } from './choose.ts';

export interface OperateDeps {
  store: JobStore;
  checkpoints: Checkpoints;
  newOwner: () => string;
  now: () => number;
  /** ms of a clock that never jumps. */
  monotonic: () => number;
}

export interface Operation {
  choice: Choice;
  /** Changes jobs that are meant; one answer for each. Rejects when it is unknown what became of some. */
  change(records: readonly JobRecord[]): Promise<Done[]>;
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
/** Between two looks at a canary. */
const watchSeconds = 5;

/**
 * Carries out an operation on many jobs, in parts: count, then change page by page, the canary first. Before
 * each page is changed its jobs are written down, so that whoever goes on after a crash counts none twice and
 * leaves none out. Ends in a snooze until all is done.
 */
export async function operate(deps: OperateDeps, operation: Operation, job: Job): Promise<OperationProgress> {
  const { store, checkpoints, now, monotonic } = deps;
  const { choice, canary } = operation;
  const by = deps.newOwner();
  const partEndsAt = monotonic() + partMs;
  const stored = await checkpoints.load(job.id);
  let revision = stored?.revision ?? 0;
  let progress = stored?.progress ?? beginning;

  for (;;) {
    job.signal.throwIfAborted();
    if (isOver(progress)) return progress;
    if (monotonic() >= partEndsAt) await pause(progress, 0);
    progress = await step();
    job.progress(percentOf(progress), noteOf(progress));
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
    const next: Position | undefined =
      cutAt === undefined ? page.next : { shard: before.from.shard, last: cutAt };
    const after: OperationProgress = {
      ...before,
      ...(next === undefined ? { phase: 'end' } : { from: next }),
    };
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
    return tallied(begun, [...done, ...(await operation.change(meant))]);
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
  }

  async function pause(next: OperationProgress, seconds: number): Promise<never> {
    await save(next);
    job.progress(percentOf(next), noteOf(next));
    return job.snooze(seconds);
  }
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

function noteOf(progress: OperationProgress): string {
  const { phase, counted, changed, matched } = progress;
  if (phase === 'count') return `${counted} counted`;
  const watched = isWatching(progress)
    ? `, canary: ${progress.canary.failed} failed, ${progress.canary.open} open`
    : '';
  return `${changed} of ${counted}, ${matched - changed} skipped${watched}`;
}

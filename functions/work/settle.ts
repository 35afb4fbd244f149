import { delaySecondsUntil } from '../../core/attention.ts';
import type { Change, ChangeResult, JobStore } from '../../core/change.ts';
import { saidBy } from '../../core/errors.ts';
import { laneOf } from '../../core/lane.ts';
import {
  settle as decide,
  judgeSettle,
  type Outcome,
  type Settlement,
  settleCancelled,
  withProgress,
} from '../../core/settle.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import type { Counts } from '../../core/telemetry.ts';
import { coalesce, type Soon } from '../coalesce.ts';
import type { Keys } from '../keys.ts';
import type { Delivery, Lanes } from '../lanes.ts';
import { acknowledged, comesBack, type Fate } from '../messages.ts';
import type { Vault } from '../vault.ts';
import { keepError } from './errors.ts';
import { fingerprintFor } from './fingerprint.ts';
import { inPassing } from './in-passing.ts';
import type { Ran, Room } from './run.ts';

export interface SettleDeps {
  store: JobStore;
  lanes: Lanes;
  vault: Vault;
  keys: Keys;
  queue: string;
  now: () => number;
  random: () => number;
  /** How long a settle waits for others to share its call. */
  soon: Soon;
  log: (message: string, fields: Record<string, string | number | boolean>) => void;
  onError: (message: string, error: unknown) => void;
  /** Calls back after so many ms. */
  after: (ms: number, callback: () => void) => () => void;
}

/** BatchExecuteStatement takes 25 statements. */
const sharedSettles = 25;
const sharedSends = 10;
/** A hot shard is throttled for seconds at a time. */
const firstPauseMs = 500;
const longestPauseMs = 4_000;
/** What one more try takes, answers of the function included. */
const settleRoomMs = 3_000;

/**
 * Writes what becomes of a job, conditional on its fence, then sends what must be sent; says whether the
 * old message may go. A settle that another attempt overtook changes nothing and acknowledges nothing.
 */
export function settle(deps: SettleDeps) {
  const { store, lanes, vault, queue, now, random, soon, log, after } = deps;
  const change = coalesce<Change, ChangeResult>((changes) => store.change(changes), sharedSettles, soon);
  const deliver = coalesce<Delivery, boolean>((deliveries) => lanes.deliver(deliveries), sharedSends, soon);

  return async (
    record: JobRecord,
    { outcome, thrown, told }: Ran,
    counts: Counts,
    room: () => Room,
  ): Promise<Fate> => {
    if (outcome.kind === 'overtaken') {
      log('the attempt was overtaken', { job_id: record.sk, type: record.type, attempt: record.attempt });
      return comesBack();
    }
    if (outcome.kind === 'unopened') {
      const fields = { job_id: record.sk, type: record.type, unopened: (record.unopened ?? 0) + 1 };
      log('a payload could not be opened: its job waits', fields);
    }
    if (outcome.kind === 'not_started' && record.cancelRequestedAt === undefined)
      log('no time was left to start a job: it is handed back', { job_id: record.sk, type: record.type });
    let judged: typeof outcome = outcome;
    if (outcome.kind === 'failed') {
      const { code, cause } = outcome.failure;
      const fingerprint = await inPassing(
        fingerprintFor(deps.keys, record, outcome.failure, thrown),
        after,
        (error) => deps.onError('a failure is grouped without its message: the key could not be had', error),
      );
      judged = { ...outcome, ...(fingerprint === undefined ? {} : { fingerprint }) };
      log('the attempt failed', {
        job_id: record.sk,
        type: record.type,
        attempt: record.attempt,
        code,
        cause,
        ...(fingerprint === undefined ? {} : { fingerprint }),
      });
      await inPassing(keepError(vault, record, { code, cause, ...saidBy(thrown) }, now()), after, (error) =>
        deps.onError('what an attempt threw could not be kept', error),
      );
    }
    const wanted =
      record.cancelRequestedAt === undefined
        ? decide(record, judged, now(), random())
        : settleCancelled(record, now());
    const settlement = await write(record, wanted, told, room);
    if (settlement === undefined) return comesBack();
    count(counts, settlement, outcome);
    if (settlement.sendAt === undefined) return acknowledged;
    const delaySeconds = delaySecondsUntil(settlement.sendAt, now());
    const pointer = { tenant: tenantOf(record), jobId: record.sk };
    const sent = await deliver({ queue, lane: laneOf(record.priority), pointer, delaySeconds });
    // The old message is given up last: unsent, it comes back and is the retry's pointer itself.
    return sent ? acknowledged : comesBack();
  };

  /** The settlement that stands, undefined if another attempt owns the job or DynamoDB would not take it. */
  async function write(
    record: JobRecord,
    decided: Settlement,
    told: Ran['told'],
    room: () => Room,
  ): Promise<Settlement | undefined> {
    const wanted = withProgress(decided, told);
    const result = await insist(record, wanted.change, room);
    if (result.applied) return wanted;
    if ('retry' in result) return undefined;
    const decision = judgeSettle(record, result.found);
    if (decision === 'settled') return wanted;
    if (decision === 'lost') return undefined;
    const cancelled = withProgress(settleCancelled(record, now()), told);
    return (await insist(record, cancelled.change, room)).applied ? cancelled : undefined;
  }

  /** A throttled settle is sent again while the lease and the function last: given up, the work would be done twice. */
  async function insist(record: JobRecord, wanted: Change, room: () => Room): Promise<ChangeResult> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const result = await change(isAwaited(record, now()) ? wanted : { ...wanted, unread: true });
      if (result.applied || !('retry' in result)) return result;
      const { leaseMs, functionMs } = room();
      if (Math.min(leaseMs, functionMs) < pauseMs + settleRoomMs) return result;
      await new Promise<void>((resolve) => void after(pauseMs, resolve));
    }
  }
}

/** Well below the time after which whoever comes to wait for a running job looks again (`lookAgainSeconds`). */
const claimIsTrueMs = 2_000;

/**
 * Is a settle to answer with the record, a kilobyte: only who tells of its end reads it. Others may have come to wait
 * for the job since it was claimed; that of a quick one is found out by their own look (`core/dependencies.ts`).
 */
function isAwaited({ workflow, watchers, startedAt = 0 }: JobRecord, now: number): boolean {
  return workflow !== undefined || watchers !== undefined || now - startedAt >= claimIsTrueMs;
}

function count(counts: Counts, { to }: Settlement, outcome: Outcome): void {
  const name =
    to === 'completed' ? 'completed' : to === 'failed' ? 'failed' : to === 'retrying' ? 'retried' : undefined;
  if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
  if (outcome.kind !== 'failed') return;
  const { code } = outcome.failure;
  if (code === 'timeout') counts.timedOut = (counts.timedOut ?? 0) + 1;
  if (code === 'out_of_memory') counts.outOfMemory = (counts.outOfMemory ?? 0) + 1;
}

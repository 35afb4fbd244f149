import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { Holder } from '../../core/claim.ts';
import type { Counts } from '../../core/telemetry.ts';
import type { Lanes } from '../lanes.ts';
import {
  afterFault,
  comesBack,
  type Fate,
  type Received,
  readMessages,
  type Unreadable,
} from '../messages.ts';
import { type ClaimDeps, claim, type Held } from './claim.ts';
import { type HoldDeps, holder as holdBy, shorten } from './hold.ts';
import { type RunDeps, run } from './run.ts';
import { type SettleDeps, settle } from './settle.ts';

export interface WorkDeps extends ClaimDeps, RunDeps, SettleDeps, HoldDeps {
  /** The queue's longest timeout: less time than this is left, nothing is claimed. */
  longestTimeoutMs: number;
  codeVersion: string;
  /** What stands on a record as its holder: one per invocation, never used again. */
  newOwner: (requestId: string) => string;
  urlOf: (arn: string) => { url: string; quarantine: boolean };
  storeUnreadable: (message: Unreadable) => Promise<void>;
}

/** Kept free at the end of the function for settling what has run. */
const settleMs = 5_000;
const settleMarginMs = 10_000;

/**
 * One invocation: receive → claim → open → run → settle. Answers which messages are to stay; it never
 * throws, because an error outside a job must not be read as the failure of them all.
 * @param remainingMs until Lambda ends the function
 * @param requestId of the invocation, as Lambda's log names it
 */
export function work(deps: WorkDeps) {
  const claimJobs = claim(deps);
  const runJob = run(deps);
  const settleJob = settle(deps);
  const settleAlone = settle({ ...deps, lanes: { ...deps.lanes, deliver: toQuarantine(deps.lanes) } });

  return async (
    records: readonly SQSRecord[],
    remainingMs: () => number,
    counts: Counts,
    requestId: string,
  ): Promise<SQSBatchResponse> => {
    const { received, unreadable } = readMessages(records, deps.urlOf);
    const fates = new Map<Received, Fate>(received.map((each) => [each, afterFault(each)]));
    const kept = await keepUnreadable(unreadable);
    counts.unreadable = unreadable.length;
    if (remainingMs() >= deps.longestTimeoutMs + settleMarginMs) {
      try {
        await attemptAll(received, fates, remainingMs, counts, requestId);
      } catch (error) {
        deps.onError('the batch broke off: what is not settled comes back', error);
      }
    }
    await hide(fates);
    const stay = [...fates].flatMap(([message, fate]) => (fate.acknowledged ? [] : [message.messageId]));
    return { batchItemFailures: [...stay, ...kept].map((itemIdentifier) => ({ itemIdentifier })) };
  };

  async function attemptAll(
    received: Received[],
    fates: Map<Received, Fate>,
    remainingMs: () => number,
    counts: Counts,
    requestId: string,
  ): Promise<void> {
    // Trust counts from the moment the claim was first sent, on a clock that never jumps.
    const hold = holdBy(deps, deps.monotonic(), counts);
    const holder: Holder = {
      owner: deps.newOwner(requestId),
      leaseMs: deps.leaseMs,
      ...(deps.renew === undefined ? {} : { watches: true }),
      codeVersion: deps.codeVersion,
    };
    const [claimed] = await Promise.all([
      claimJobs(received, holder, counts),
      deps.renew &&
        shorten(deps.lanes, received).catch((error: unknown) =>
          deps.onError(
            'messages could not be hidden for less: a crash now costs their lane’s visibility',
            error,
          ),
        ),
    ]);
    for (const [message, fate] of claimed.fates) fates.set(message, fate);

    const attempt = async (held: Held): Promise<void> => {
      const { record, message, folded } = held;
      const { leaseMs, renewed, watch, release } = hold(held);
      const room = () => {
        const functionMs = remainingMs();
        const ownMs = leaseMs();
        const runMs = renewed && ownMs > 0 ? functionMs - settleMs : Math.min(ownMs, functionMs - settleMs);
        return { leaseMs: ownMs, functionMs, runMs };
      };
      try {
        const ran = await runJob(record, room, watch);
        // What was to run alone, and was not begun, goes on waiting there.
        const isKept = message.quarantine && ran.outcome.kind === 'not_started';
        const fate = await (isKept ? settleAlone : settleJob)(record, ran, counts, room);
        // What was folded goes with the claim's own message, and not before.
        for (const each of [message, ...folded]) fates.set(each, fate);
      } finally {
        release();
      }
    };
    const attempts = claimed.held.map((held) => {
      for (const each of [held.message, ...held.folded]) fates.set(each, comesBack());
      return attempt(held).catch((error: unknown) =>
        deps.onError('a job could not be settled: its message comes back', error),
      );
    });
    await Promise.all(attempts);
  }

  /** Stores what is no pointer, so that it is neither lost nor retried for ever. Returns what could not be stored. */
  async function keepUnreadable(unreadable: readonly Unreadable[]): Promise<string[]> {
    const lost: string[] = [];
    for (const message of unreadable) {
      await deps.storeUnreadable(message).catch((error: unknown) => {
        deps.onError('an unreadable message could not be stored: it comes back', error);
        lost.push(message.messageId);
      });
    }
    return lost;
  }

  async function hide(fates: Map<Received, Fate>): Promise<void> {
    const hidings = [...fates].flatMap(([{ queueUrl, receiptHandle }, fate]) =>
      fate.acknowledged || fate.hideSeconds === undefined
        ? []
        : [{ queueUrl, receiptHandle, seconds: fate.hideSeconds }],
    );
    if (hidings.length === 0) return;
    await deps.lanes
      .hide(hidings)
      .catch((error: unknown) =>
        deps.onError('messages could not be hidden: they come back with their lane', error),
      );
  }
}

function toQuarantine({ deliver }: Lanes): Lanes['deliver'] {
  return (deliveries) => deliver(deliveries.map((each) => ({ ...each, lane: 'quarantine' })));
}

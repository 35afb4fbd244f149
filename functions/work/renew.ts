import type { JobStore } from '../../core/change.ts';
import { longLeaseMs } from '../../core/lane.ts';
import {
  type Ending,
  firstTrust,
  judgeRenewal,
  longVisibilitySeconds,
  type Mine,
  renewChange,
  renewEveryMs,
  trustMarginMs,
} from '../../core/renew.ts';
import type { Lanes } from '../lanes.ts';

/** A job whose lease is to be renewed, and its message. Plain data: it goes to a thread. */
export interface RenewedJob {
  mine: Mine;
  owner: string | undefined;
  queueUrl: string;
  receiptHandle: string;
  /** When the claim was first sent, ms of the monotonic clock. */
  claimedAt: number;
}

/** Who is told how it goes. */
export interface Hears {
  /** The lease may be trusted until then, ms of the monotonic clock. */
  trusted(untilMs: number): void;
  /** A renewal of the record or of the message failed. */
  failed(): void;
  ending(why: Ending): void;
}

/** A renewal under way. */
export interface Renewing {
  trustedUntil(): number;
  /** The handler runs from now on, and for so long at most. */
  started(timeoutMs: number): void;
  stop(): void;
}

export type Renew = (job: RenewedJob, hears: Hears) => Renewing;

export interface RenewDeps {
  store: JobStore;
  lanes: Pick<Lanes, 'hide'>;
  now: () => number;
  /** ms of a clock that never jumps, the same for thread and handler. */
  monotonic: () => number;
  /** Calls back after so many ms, whatever the handler does, unless cancelled by the function it returns. */
  after: (ms: number, callback: () => void) => () => void;
  onError: (message: string, error: unknown) => void;
  /** Asks the event loop that runs the handler for a sign of life. */
  ask: (answer: () => void) => void;
  /** Ends the process at once: its handler blocks the event loop past its timeout. */
  endProcess: (job: RenewedJob) => void;
}

/** After a renewal that brought nothing. */
const againMs = 1_000;
/** By then the handler's own timer has ended it, if its event loop still turns. */
const graceMs = 2_000;
/** A loop that does not answer for so long is blocked. */
const answerMs = 3_000;

/**
 * Renews the lease and the visibility of one job every 10 s from its claim on, until it is stopped, and ends
 * a process whose event loop is blocked past the handler's timeout. It decides nothing that
 * `core/renew.ts` does not, and runs where the handler cannot block it: in a thread (`thread.ts`).
 */
export function renew(deps: RenewDeps): Renew {
  const { store, lanes, now, monotonic, after, onError } = deps;
  return (job, hears) => {
    let trustedUntil = firstTrust(job.claimedAt);
    let stopped = false;
    let over = false;
    let cancelRenewal = (): void => {};
    let cancelWatchdog = (): void => {};
    let cancelGuard = (): void => {};

    const failed = (what: string) => (error: unknown) => {
      onError(`the ${what} of a running job could not be renewed`, error);
      if (!stopped) hears.failed();
    };
    const plan = (ms: number): void => {
      if (!stopped && !over) cancelRenewal = after(Math.max(ms, 0), () => void renewOnce());
    };

    const renewOnce = async (): Promise<void> => {
      // Trust counts from the first send, however often the SDK sends it again.
      const sentAt = monotonic();
      const at = now();
      const { queueUrl, receiptHandle } = job;
      void lanes.hide([{ queueUrl, receiptHandle, seconds: longVisibilitySeconds }]).catch(failed('message'));
      const results = await store.change([renewChange(job.mine, at)]).catch(failed('lease'));
      if (stopped || over) return;
      const { renewed, ending } = judgeRenewal(job.mine, results?.[0], at);
      if (renewed) {
        trustedUntil = sentAt + longLeaseMs - trustMarginMs;
        hears.trusted(trustedUntil);
      }
      if (ending !== undefined) end(ending);
      plan(renewed ? sentAt + renewEveryMs - monotonic() : againMs);
    };

    /** A cancelled job is held until it is settled; a lost one is not ours to hold, nor a blocked loop's to go on with. */
    const end = (why: Ending): void => {
      if (over) return;
      hears.ending(why);
      if (why !== 'lost') return;
      over = true;
      cancelGuard();
      cancelWatchdog();
      watchdog();
    };

    /**
     * Ends the attempt with its trust, answers or not. The next one may begin from then on, and a loop that is
     * blocked would hear of nothing: so it is asked before.
     */
    const guard = (): void => {
      const leftMs = trustedUntil - answerMs - monotonic();
      if (leftMs > 0) {
        cancelGuard = after(leftMs, guard);
        return;
      }
      let answered = false;
      deps.ask(() => {
        answered = true;
      });
      cancelGuard = after(Math.max(trustedUntil - monotonic(), 0), () => {
        if (trustedUntil > monotonic()) guard();
        else if (answered) end('lost');
        else deps.endProcess(job);
      });
    };

    const watchdog = (): void => {
      let answered = false;
      deps.ask(() => {
        answered = true;
      });
      cancelWatchdog = after(answerMs, () => {
        if (answered) watchdog();
        else deps.endProcess(job);
      });
    };

    plan(job.claimedAt + renewEveryMs - monotonic());
    guard();
    return {
      trustedUntil: () => trustedUntil,
      started(timeoutMs) {
        // Lost before that, it is watched already.
        if (!stopped && !over) cancelWatchdog = after(timeoutMs + graceMs, watchdog);
      },
      stop() {
        stopped = true;
        cancelRenewal();
        cancelWatchdog();
        cancelGuard();
      },
    };
  };
}

import { type Ending, longVisibilitySeconds, trustMarginMs } from '../../core/renew.ts';
import type { Counts } from '../../core/telemetry.ts';
import type { Lanes } from '../lanes.ts';
import type { Received } from '../messages.ts';
import type { Held } from './claim.ts';
import { type LookoutDeps, lookout, type Watch } from './lookout.ts';
import type { Renew } from './renew.ts';

/** A claimed job until its settle: how long its lease may be trusted, and who tells its handler to end. */
export interface Hold {
  /** ms that the lease may be trusted for from now. */
  leaseMs(): number;
  /** The lease outlasts what `leaseMs` says, because it is renewed. */
  renewed: boolean;
  watch: Watch;
  release(): void;
}

export interface HoldDeps extends LookoutDeps {
  lanes: Lanes;
  /** ms of a clock that never jumps. */
  monotonic: () => number;
  /** Of a short queue the lane's visibility less 10 s, of a long one 30 s (`queueTimes`). */
  leaseMs: number;
  /** Long queues: renews leases where a handler cannot block it. */
  renew?: Renew;
}

/** Holds the jobs of one invocation. @param claimedAt when their claim was first sent, of the monotonic clock */
export function holder(deps: HoldDeps, claimedAt: number, counts: Counts): (held: Held) => Hold {
  const { renew } = deps;
  if (renew !== undefined) return (held) => holdRenewed({ ...deps, renew }, held, claimedAt, counts);
  const watch = lookout(deps);
  const trustedUntil = claimedAt + deps.leaseMs - trustMarginMs;
  return () => ({
    leaseMs: () => trustedUntil - deps.monotonic(),
    renewed: false,
    watch,
    release: () => {},
  });
}

function holdRenewed(
  { renew, after, monotonic }: HoldDeps & { renew: Renew },
  { record: { pk, sk, fence, owner }, message: { queueUrl, receiptHandle } }: Held,
  claimedAt: number,
  counts: Counts,
): Hold {
  let why: Ending | undefined;
  let end = (_: Ending): void => {};
  let cancelGuard = (): void => {};
  const ending = (it: Ending): void => {
    why ??= it;
    end(why);
  };
  const renewing = renew(
    { mine: { pk, sk, fence }, owner, queueUrl, receiptHandle, claimedAt },
    {
      trusted: () => {},
      failed: () => {
        counts.renewalsFailed = (counts.renewalsFailed ?? 0) + 1;
      },
      ending,
    },
  );
  const leaseMs = (): number => renewing.trustedUntil() - monotonic();
  // Trust ends by this clock, answer or not.
  const guard = (): void => {
    const leftMs = leaseMs();
    if (leftMs > 0) cancelGuard = after(leftMs, guard);
    else ending('lost');
  };
  guard();
  return {
    leaseMs,
    renewed: true,
    watch(record, given) {
      end = given;
      if (why !== undefined) given(why);
      renewing.started(record.timeoutSeconds * 1000);
      return () => {
        end = () => {};
      };
    },
    release() {
      cancelGuard();
      renewing.stop();
    },
  };
}

/** Long queues: a message is hidden for 40 s instead of its lane's long visibility, so that a crash from here on costs no more. */
export async function shorten(lanes: Lanes, received: readonly Received[]): Promise<void> {
  await lanes.hide(
    received.map(({ queueUrl, receiptHandle }) => ({
      queueUrl,
      receiptHandle,
      seconds: longVisibilitySeconds,
    })),
  );
}

import type { Process } from './process.ts';
import type { PromiseName } from './promises.ts';

/** An attempt that was claimed. */
interface Attempt {
  fence: number;
  by: Process;
  started: boolean;
  /** Claimed by a send that its process never heard of. */
  unheard: boolean;
}

/** A handler at work: it owns its job until it ended, was told to stop, or its process died. */
interface Running {
  fence: number;
  owns: () => boolean;
}

/** What is known of one job beside its record. */
export interface Watched {
  accepted: boolean;
  cancelAsked: boolean;
  starts: number;
  /** Attempts that were started and given back. */
  returned: number;
  attempt?: Attempt;
  running: Running[];
  /** The longest lease it ever had; 0 before the first claim. */
  leaseMs: number;
  /** It waits for a time beyond SQS's delay: release is to deliver it. */
  far: boolean;
  /** It met a death, a lost message or a call that broke off. */
  troubled: boolean;
  /** SQS lost one of its messages: the walk is to find it. */
  lost: boolean;
  /** How it has ever ended: a person may have retried it since. */
  ends: Set<string>;
}

/** Two clocks differ by less than this. */
export const clocksMs = 5_000;

/** Says that a promise is kept, or what broke it. */
export type Expect = (kept: boolean, promise: PromiseName, message: () => string) => void;

export function unknownJob(): Watched {
  return {
    accepted: false,
    cancelAsked: false,
    starts: 0,
    returned: 0,
    running: [],
    leaseMs: 0,
    far: false,
    troubled: false,
    lost: false,
    ends: new Set(),
  };
}

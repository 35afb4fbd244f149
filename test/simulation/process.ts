import { between, type Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** One invocation of a function: it may die at any call, see a skewed clock, or stand still. */
export interface Process {
  name: string;
  alive: boolean;
  /** What its claims write into the record. */
  owner?: string;
  skewMs: number;
  /** A handler that blocks the event loop: until then no timer and no answer reaches this process. */
  blockedUntil: number;
  now: () => number;
  /** An AWS call: it takes time, may fail before or after it was carried out, and either end may find the process dead. */
  call: <T>(name: string, perform: () => T) => Promise<T>;
  after: (ms: number, run: () => void) => () => void;
  sleep: (ms: number) => Promise<void>;
}

export interface Faults {
  /** Chances, per call. */
  crash: number;
  refused: number;
  answerLost: number;
  /** The answer was lost and the SDK sends the same call again by itself. */
  sentTwice: number;
  /** The caller gave the call up, and it is carried out up to two minutes later. */
  late: number;
}

export const noFaults: Faults = { crash: 0, refused: 0, answerLost: 0, sentTwice: 0, late: 0 };

class Refused extends Error {
  override name = 'ThrottlingException';
}

/** Never settles: what a dead process waits for. */
const never = new Promise<never>(() => {});

export function startProcess(
  scheduler: Scheduler,
  random: Random,
  faults: () => Faults,
  name: string,
  onCrash: (where: string) => void,
): Process {
  const process: Process = {
    name,
    alive: true,
    skewMs: between(random, -1_500, 1_500),
    blockedUntil: 0,
    now: () => scheduler.now() + process.skewMs,
    async call(callName, perform) {
      const crashPoint = (when: string) => {
        if (process.alive && random() < faults().crash) {
          process.alive = false;
          onCrash(`${name} died ${when} ${callName}`);
        }
      };
      crashPoint('before');
      await travel();
      const fate = random();
      const { refused, answerLost, sentTwice, late } = faults();
      if (fate < refused) {
        await travel();
        throw new Refused(`${callName} was refused`);
      }
      if (random() < late) {
        scheduler.at(scheduler.now() + between(random, 1_000, 120_000), () => attempted(perform));
        await travel();
        throw new Refused(`${callName} was given up`);
      }
      const answer = perform();
      crashPoint('after');
      await travel();
      if (fate < refused + answerLost) throw new Refused(`the answer of ${callName} was lost`);
      // The SDK's own retry: what was applied is sent again, and the second answer is the one that is seen.
      if (fate < refused + answerLost + sentTwice) return perform();
      return answer;
    },
    after(ms, run) {
      let cancelled = false;
      const fire = (): void => {
        if (cancelled || !process.alive) return;
        if (process.blockedUntil > scheduler.now()) return void scheduler.at(process.blockedUntil, fire);
        run();
      };
      scheduler.at(scheduler.now() + ms, fire);
      return () => {
        cancelled = true;
      };
    },
    sleep: (ms) => new Promise((resolve) => void process.after(ms, resolve)),
  };

  async function travel(): Promise<void> {
    if (!process.alive) await never;
    await scheduler.sleep(between(random, 1, 20));
    while (process.alive && process.blockedUntil > scheduler.now())
      await scheduler.sleep(process.blockedUntil - scheduler.now());
    if (!process.alive) await never;
  }
  return process;
}

/** Nobody is left to hear of an error. */
function attempted(perform: () => unknown): void {
  try {
    perform();
  } catch {}
}

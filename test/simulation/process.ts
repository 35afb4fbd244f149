import type { Fates, FaultKind } from './faults.ts';
import { between, type Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** How a call came to be carried out: by its first send, by the SDK's own repeat, or long after its caller had gone on. */
export type How = 'sent' | 'again' | 'late';

/** One invocation of a function: it may die at any call, see a skewed clock, or stand still. */
export interface Process {
  name: string;
  random: Random;
  alive: boolean;
  /** It did not come to its end. */
  died: boolean;
  /** What its claims write into the record. */
  owner?: string;
  /** Which release of the code it runs. */
  release: 'old' | 'new';
  /** A handler that blocks the event loop: until then no timer and no answer reaches this process. */
  blockedUntil: number;
  /** ms that a bug takes off its monotonic clock. */
  lagMs: number;
  /** The fence of each job it has claimed. */
  claims: Map<string, number>;
  /** Jobs that its calls named. */
  touched: Set<string>;
  /** The job of each message that it was given, by receipt handle. */
  receipts: Map<string, string>;
  /** Does a fault happen to its next doing. */
  strikes: (kind: FaultKind) => boolean;
  now: () => number;
  die: (why: string) => void;
  /** A call of its for these jobs broke off, or was not carried out in full. */
  trouble: (jobs: Iterable<string>) => void;
  /** An AWS call that names jobs: it takes time, may fail before or after it was carried out, and either end may find the process dead. */
  call: <T>(name: string, jobs: readonly string[], perform: (how: How) => T) => Promise<T>;
  after: (ms: number, run: () => void) => () => void;
  sleep: (ms: number) => Promise<void>;
}

export interface ProcessParts {
  scheduler: Scheduler;
  fates: Fates;
  /** No clock is further from the true time than this. */
  mostSkewMs: number;
  release: 'old' | 'new';
  say: (line: () => string) => void;
  /** These jobs met a death or a call that broke off: what follows may be its doing. */
  onTrouble: (jobs: Iterable<string>) => void;
}

class Refused extends Error {
  override name = 'ThrottlingException';
}

/** Never settles: what a dead process waits for. */
const never = new Promise<never>(() => {});

export function startProcess(name: string, random: Random, parts: ProcessParts): Process {
  const { scheduler, fates, mostSkewMs, say } = parts;
  let doings = 0;
  let skewMs = between(random, -mostSkewMs, mostSkewMs);
  const strikes = (kind: FaultKind): boolean => {
    doings++;
    return fates.strikes(kind, random, name, doings);
  };

  const process: Process = {
    name,
    random,
    alive: true,
    died: false,
    release: parts.release,
    blockedUntil: 0,
    lagMs: 0,
    claims: new Map(),
    touched: new Set(),
    receipts: new Map(),
    strikes,
    now: () => scheduler.now() + skewMs,
    trouble: parts.onTrouble,
    die(why) {
      if (!process.alive) return;
      process.alive = false;
      process.died = true;
      parts.onTrouble(process.touched);
      say(() => `${name} dies: ${why}`);
    },
    async call(callName, jobs, perform) {
      for (const job of jobs) process.touched.add(job);
      if (strikes('stepped')) skewMs = between(random, -mostSkewMs, mostSkewMs);
      if (strikes('crash')) process.die(`before ${callName}`);
      await travel(strikes('slow') ? between(random, 1_000, 12_000) : between(random, 1, 20));
      if (strikes('refused')) return broken(`${callName} was refused`);
      if (strikes('late')) {
        afterwards(120_000);
        return broken(`${callName} was given up`);
      }
      const answer = perform('sent');
      if (strikes('echo')) afterwards(60_000);
      if (strikes('crash')) process.die(`after ${callName}`);
      await travel(between(random, 1, 20));
      if (strikes('answerLost')) return broken(`the answer of ${callName} was lost`);
      return strikes('sentTwice') ? perform('again') : answer;

      function afterwards(mostMs: number): void {
        scheduler.at(scheduler.now() + between(random, 1_000, mostMs), () => unheard(perform));
      }
      function broken(why: string): never {
        parts.onTrouble(jobs);
        throw new Refused(why);
      }
    },
    after(ms, run) {
      let cancelled = false;
      const fire = (): unknown => {
        if (cancelled || !process.alive) return 'idle';
        if (process.blockedUntil > scheduler.now()) return scheduler.at(process.blockedUntil, fire);
        return run();
      };
      scheduler.at(scheduler.now() + ms, fire);
      return () => {
        cancelled = true;
      };
    },
    sleep: (ms) => new Promise((resolve) => void process.after(ms, resolve)),
  };

  async function travel(ms: number): Promise<void> {
    if (!process.alive) await never;
    await scheduler.sleep(ms);
    while (process.alive && process.blockedUntil > scheduler.now())
      await scheduler.sleep(process.blockedUntil - scheduler.now());
    if (!process.alive) await never;
  }
  return process;
}

/** Nobody is left to hear of an error. */
function unheard(perform: (how: How) => unknown): void {
  try {
    perform('late');
  } catch {}
}

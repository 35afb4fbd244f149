import type { Fates, FaultKind } from './faults.ts';
import { between, oneOf, type Random } from './random.ts';
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
  /** The operation on many jobs that it carries out, if it does. */
  operation?: string;
  /** What its claims write into the record. */
  owner?: string;
  /** Which release of the code it runs. */
  release: 'old' | 'new';
  /** A handler that blocks the event loop: until then no timer and no answer reaches this process. */
  blockedUntil: number;
  /** ms of a clock that never jumps. */
  monotonic: () => number;
  /** Takes so many ms off that clock: for a bug that does not count them. */
  lag: (ms: number) => void;
  /** The fence of each job it has claimed. */
  claims: Map<string, number>;
  /** Jobs that its calls named. */
  touched: Set<string>;
  /** Jobs that calls name which have not come back. */
  underWay: () => string[];
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
  /** A thread of it, whose event loop no handler blocks. */
  thread: () => Process;
}

export interface ProcessParts {
  scheduler: Scheduler;
  fates: Fates;
  /** No clock is further from the true time than this. */
  mostSkewMs: number;
  release: 'old' | 'new';
  /** Renewals of leases are refused now and then. */
  unrenewed: boolean;
  say: (line: () => string) => void;
  /** These jobs met a death or a call that broke off: what follows may be its doing. */
  onTrouble: (jobs: Iterable<string>) => void;
}

class Refused extends Error {
  override name = 'ThrottlingException';
}

/** What a dead process waits for. A promise of its own each time: one for all would hold on to every history. */
const never = (): Promise<never> => new Promise(() => {});

export function startProcess(name: string, random: Random, parts: ProcessParts): Process {
  const { scheduler, fates, mostSkewMs, say } = parts;
  let doings = 0;
  let lagMs = 0;
  let cutUntil = 0;
  let skewMs = between(random, -mostSkewMs, mostSkewMs);
  const strikes = (kind: FaultKind): boolean => {
    doings++;
    return fates.strikes(kind, random, name, doings);
  };

  const calls = new Set<readonly string[]>();
  const process: Process = {
    name,
    underWay: () => [...calls].flat(),
    random,
    alive: true,
    died: false,
    release: parts.release,
    blockedUntil: 0,
    monotonic: () => scheduler.now() - lagMs,
    lag(ms) {
      lagMs += ms;
    },
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
    ...eventLoop(() => process.blockedUntil),
    // What it reads of the process itself it reads there.
    thread: () =>
      Object.assign(
        Object.create(process),
        eventLoop(() => 0, parts.unrenewed),
      ),
  };

  /** What waits for its turn, and is held up while a handler blocks the loop. */
  function eventLoop(
    blockedUntil: () => number,
    unrenewed = false,
  ): Pick<Process, 'call' | 'after' | 'sleep'> {
    const after: Process['after'] = (ms, run) => {
      let cancelled = false;
      const fire = (): unknown => {
        if (cancelled || !process.alive) return 'idle';
        if (blockedUntil() > scheduler.now()) return scheduler.at(blockedUntil(), fire);
        return run();
      };
      scheduler.at(scheduler.now() + ms, fire);
      return () => {
        cancelled = true;
      };
    };

    const travel = async (ms: number): Promise<void> => {
      if (!process.alive) await never();
      await scheduler.sleep(ms);
      while (process.alive && blockedUntil() > scheduler.now())
        await scheduler.sleep(blockedUntil() - scheduler.now());
      if (!process.alive) await never();
    };

    const call: Process['call'] = async (callName, jobs, perform) => {
      calls.add(jobs);
      try {
        return await carryOut(callName, jobs, perform);
      } finally {
        calls.delete(jobs);
      }
    };

    const carryOut: Process['call'] = async (callName, jobs, perform) => {
      const afterwards = (mostMs: number): void =>
        void scheduler.at(scheduler.now() + between(random, 1_000, mostMs), () => unheard(perform));
      const broken = (why: string): never => {
        parts.onTrouble(jobs);
        throw new Refused(why);
      };
      for (const job of jobs) process.touched.add(job);
      if (unrenewed && strikes('unrenewed')) return broken(`${callName} was refused`);
      if (strikes('stepped')) skewMs = between(random, -mostSkewMs, mostSkewMs);
      if (strikes('crash')) process.die(`before ${callName}`);
      if (strikes('cut')) cutUntil = scheduler.now() + oneOf(random, [5_000, 15_000, 25_000, 35_000, 60_000]);
      if (cutUntil > scheduler.now()) {
        // Sent, perhaps, and given up by the SDK when its tries have timed out.
        if (between(random, 0, 3) === 0) afterwards(12_000);
        await travel(between(random, 1_000, 12_000));
        return broken(`${callName} did not get through`);
      }
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
    };

    return { call, after, sleep: (ms) => new Promise((resolve) => void after(ms, resolve)) };
  }
  return process;
}

/** Nobody is left to hear of an error. */
function unheard(perform: (how: How) => unknown): void {
  try {
    perform('late');
  } catch {}
}

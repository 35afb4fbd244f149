/** When tests begin: 2026-11-22T10:00:00.000Z, in ms. */
export const start = 1_795_341_600_000;

/** A clock that stands still until a test moves it, with the timers that hang on it. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** ms of a clock that never jumps, whose zero says nothing. */
  monotonic(): number;
  /** Calls back when the clock has moved so far; the function it returns cancels that. */
  after(ms: number, callback: () => void): () => void;
  sleep(ms: number): Promise<void>;
  /** Moves on, timer by timer in the order they are due, and lets what each one set going run until it waits again. */
  advance(ms: number): Promise<void>;
}

interface Timer {
  at: number;
  callback: () => void;
}

export function aClock(): Clock {
  let now = start;
  const timers: Timer[] = [];

  const after = (ms: number, callback: () => void) => {
    const timer = { at: now + ms, callback };
    timers.push(timer);
    return () => {
      if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
    };
  };

  const takeDue = (until: number): Timer | undefined => {
    const first = timers.reduce<Timer | undefined>(
      (best, timer) => (best === undefined || timer.at < best.at ? timer : best),
      undefined,
    );
    if (first === undefined || first.at > until) return undefined;
    timers.splice(timers.indexOf(first), 1);
    return first;
  };

  return {
    now: () => now,
    monotonic: () => now - start + 1_000,
    after,
    sleep: (ms) => new Promise((resolve) => void after(ms, resolve)),
    async advance(ms) {
      const until = now + ms;
      await quiet();
      for (let timer = takeDue(until); timer !== undefined; timer = takeDue(until)) {
        now = Math.max(now, timer.at);
        timer.callback();
        await quiet();
      }
      now = until;
    },
  };
}

/** Turns of the event loop after which code on in-memory ports waits for the clock, or for nothing. */
const turns = 20;

/** Lets everything run that waits for no clock. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => void setImmediate(resolve));
}

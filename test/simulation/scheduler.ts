import { popHeap, pushHeap } from '../support/heap.ts';

/** A virtual clock and what is to happen on it. Everything that waits, waits here, so that a seed replays exactly. */
export interface Scheduler {
  /** True time, ms. Processes see it skewed. */
  now: () => number;
  /** Runs at a time, unless cancelled. A run that did nothing says `'idle'`, and nobody looks at the world for it. */
  at: (time: number, run: () => unknown) => () => void;
  sleep: (ms: number) => Promise<void>;
  /** Lets everything due until then happen, in order; `afterEach` looks at the world after each event. */
  runUntil: (time: number, afterEach: () => void) => Promise<void>;
}

interface Entry {
  time: number;
  order: number;
  run: () => unknown;
}

export function makeScheduler(start: number): Scheduler {
  let now = start;
  let counter = 0;
  const heap: Entry[] = [];

  const at = (time: number, run: () => unknown) => {
    const entry = { time: Math.max(time, now), order: counter++, run };
    pushHeap(heap, entry, before);
    return () => {
      entry.run = () => 'idle';
    };
  };

  return {
    now: () => now,
    at,
    sleep: (ms) => new Promise((resolve) => void at(now + ms, resolve)),
    async runUntil(time, afterEach) {
      for (let entry = heap[0]; entry !== undefined && entry.time <= time; entry = heap[0]) {
        popHeap(heap, before);
        now = entry.time;
        if (entry.run() === 'idle') continue;
        // Every promise that this event settled runs on before the clock does.
        await new Promise<void>((resolve) => setImmediate(resolve));
        afterEach();
      }
      now = Math.max(now, time);
    },
  };
}

function before(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

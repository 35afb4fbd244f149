/** The clocks of a worker: the wall's, and one that never jumps and is the same in all threads of the process. */
export const clocks = {
  now: Date.now,
  monotonic: (): number => Number(process.hrtime.bigint() / 1_000_000n),
  after: (ms: number, callback: () => void): (() => void) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

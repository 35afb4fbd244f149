/** Lets one of the calls that a store makes fail. */
export interface Failing {
  /** @param nth of the calls that come next, from 1 */
  plan(nth: number, how: 'did not arrive' | 'lost its answer'): void;
  around<T>(call: () => Promise<T>): Promise<T>;
}

export function failing(): Failing {
  let left = 0;
  let isLost = false;
  return {
    plan(nth, how) {
      left = nth;
      isLost = how === 'lost its answer';
    },
    async around(call) {
      left--;
      if (left !== 0) return await call();
      if (isLost) await call();
      throw new Error('socket hang up');
    },
  };
}

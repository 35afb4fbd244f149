/** Lets a few go at a time, the others in the order they came. */
export interface Turns {
  /** Is anyone waiting for a turn? */
  isCrowded(): boolean;
  take<T>(work: () => Promise<T>): Promise<T>;
}

export function makeTurns(together: number): Turns {
  const queue: (() => void)[] = [];
  let taken = 0;
  return {
    isCrowded: () => queue.length > 0,
    async take(work) {
      if (taken < together) taken++;
      else await new Promise<void>((go) => queue.push(go));
      try {
        return await work();
      } finally {
        // Handed over rather than given back, so that nobody can come between.
        const next = queue.shift();
        if (next === undefined) taken--;
        else next();
      }
    },
  };
}

/** Starts `flush` a little later: how long calls wait for company. */
export type Soon = (flush: () => void) => void;

/** Everything asked for in the same turn of the event loop goes together. */
export const sameTurn: Soon = (flush) => void setImmediate(flush);

/** Everything asked for within a few milliseconds goes together. */
export const within =
  (ms: number): Soon =>
  (flush) =>
    void setTimeout(flush, ms);

/**
 * Lets single asks share calls: each returns its own answer, `send` is called with up to `most` of them.
 * `send` answers in order; when it throws, everyone who shared the call gets the error.
 */
export function coalesce<I, O>(
  send: (items: I[]) => Promise<O[]>,
  most: number,
  soon: Soon,
): (item: I) => Promise<O> {
  let waiting: { item: I; resolve: (answer: O) => void; reject: (error: unknown) => void }[] = [];
  let planned = false;

  const flush = (): void => {
    planned = false;
    const all = waiting;
    waiting = [];
    for (let start = 0; start < all.length; start += most) {
      const batch = all.slice(start, start + most);
      send(batch.map((each) => each.item)).then(
        (answers) => batch.forEach((each, index) => void each.resolve(answers[index] as O)),
        (error) => batch.forEach((each) => void each.reject(error)),
      );
    }
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (planned) return;
      planned = true;
      soon(flush);
    });
}

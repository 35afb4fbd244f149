import { describe, expect, it } from 'vitest';
import { coalesce, type Soon, sameTurn } from '../../functions/coalesce.ts';

/** Flushes when the test says so. */
function later() {
  const flushes: (() => void)[] = [];
  const soon: Soon = (flush) => void flushes.push(flush);
  return { soon, planned: () => flushes.length, flush: () => flushes.shift()?.() };
}

describe('single asks', () => {
  it('share calls of at most so many, and each gets its own answer', async () => {
    const calls: number[][] = [];
    const { soon, flush, planned } = later();
    const ask = coalesce<number, string>(
      async (items) => {
        calls.push(items);
        return items.map((item) => `answer ${item}`);
      },
      3,
      soon,
    );
    const asked = [1, 2, 3, 4, 5].map(ask);
    expect(planned()).toBe(1);
    flush();
    expect(await Promise.all(asked)).toEqual(['answer 1', 'answer 2', 'answer 3', 'answer 4', 'answer 5']);
    expect(calls).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('that come after the flush wait for the next', async () => {
    const calls: number[][] = [];
    const { soon, flush } = later();
    const ask = coalesce<number, number>(
      async (items) => {
        calls.push(items);
        return items;
      },
      10,
      soon,
    );
    const first = ask(1);
    flush();
    const second = ask(2);
    flush();
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(calls).toEqual([[1], [2]]);
  });

  it('fail together with their call, and with no other', async () => {
    const { soon, flush } = later();
    const ask = coalesce<number, number>(
      async (items) => {
        if (items.includes(1)) throw new Error('refused');
        return items;
      },
      2,
      soon,
    );
    const asked = [1, 2, 3].map(ask);
    flush();
    const ended = await Promise.allSettled(asked);
    expect(ended.map((each) => each.status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });

  it('of one turn of the event loop go together', async () => {
    const calls: number[][] = [];
    const ask = coalesce<number, number>(
      async (items) => {
        calls.push(items);
        return items;
      },
      10,
      sameTurn,
    );
    await Promise.all([ask(1), Promise.resolve().then(() => ask(2))]);
    expect(calls).toEqual([[1, 2]]);
  });
});

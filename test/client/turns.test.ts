import { expect, test } from 'vitest';
import { makeTurns } from '../../client/turns.ts';
import { waitUntilFinal } from '../../client/wait.ts';

/** A promise to be ended by the test. */
function aGate() {
  let open = () => {};
  let fail = (_error: Error) => {};
  const passed = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { passed, open, fail };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('so many go at a time, the others in order, also after one that failed', async () => {
  const turns = makeTurns(2);
  const gates = [1, 2, 3, 4].map(aGate);
  const began: number[] = [];
  const all = gates.map(({ passed }, index) =>
    turns.take(async () => {
      began.push(index);
      await passed;
      return index;
    }),
  );
  expect(began).toEqual([0, 1]);
  expect(turns.isCrowded()).toBe(true);
  gates[1]!.fail(new Error('one failed'));
  await expect(all[1]).rejects.toThrow('one failed');
  await settled();
  expect(began).toEqual([0, 1, 2]);
  for (const gate of gates) gate.open();
  expect((await Promise.allSettled(all)).map((each) => each.status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  expect(turns.isCrowded()).toBe(false);
  expect(await turns.take(async () => 'free again')).toBe('free again');
});

test('who polls while others wait does so shortly', async () => {
  const turns = makeTurns(1);
  const waits: number[] = [];
  const gate = aGate();
  const reads = {
    get: () => Promise.reject(new Error('not asked for')),
    result: async (_id: string, { waitSeconds }: { waitSeconds: number }) => {
      waits.push(waitSeconds);
      await gate.passed;
      return { status: 'completed' as const, result: 1 };
    },
  };
  const timing = { now: () => 0, sleep: async () => {} };
  const all = ['a', 'b', 'c'].map((id) => waitUntilFinal(reads, id, 60, timing, turns));
  gate.open();
  await Promise.all(all);
  expect(waits).toEqual([20, 1, 20]);
});

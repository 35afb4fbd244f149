import { expect, test } from 'vitest';
import { cyclesOf, graphOf } from '../../../core/workflow/graph.ts';
import { decodeStates, encodeStates, nodeStates } from '../../../core/workflow/states.ts';

test.each([
  [[[], [0], [0, 1]], []],
  [[[0]], [[0, 0]]],
  [[[1], [0]], [[0, 1, 0]]],
  [[[], [0, 3], [1], [2]], [[1, 3, 2, 1]]],
  [[[], [0], [0], [1, 2]], []],
  [
    [[1, 2], [0], [0], [4], [3]],
    [
      [0, 1, 0],
      [0, 2, 0],
      [3, 4, 3],
    ],
  ],
])('the cycles of %j are %j', (dependsOn, cycles) => {
  expect(cyclesOf(dependsOn, 50)).toEqual(cycles);
  expect(cyclesOf(dependsOn, 1)).toEqual(cycles.slice(0, 1));
});

test('a chain of 10,000 is looked through without a stack overflow', () => {
  const chain = Array.from({ length: 10_000 }, (_, index) => (index === 9_999 ? [] : [index + 1]));
  expect(cyclesOf(chain, 50)).toEqual([]);
  expect(cyclesOf([...chain.slice(0, 9_999), [5_000]], 50)[0]?.length).toBe(5_001);
});

test('dependants are the reverse of dependencies, and a map comes after its elements', () => {
  const plain = { kind: 'job', onFailure: 'cancel', conditional: false, compensates: false } as const;
  const on = (index: number) => ({ on: index, onFailure: 'cancel', takes: false }) as const;
  const graph = graphOf([
    { ...plain, dependsOn: [] },
    { ...plain, kind: 'map', dependsOn: [on(0)] },
    { ...plain, dependsOn: [on(0), on(1)] },
    { ...plain, dependsOn: [], elementOf: 1 },
  ]);
  expect(graph.dependants).toEqual([[1, 2], [2], [], [1]]);
  expect([...graph.elements]).toEqual([[1, [3]]]);
});

test('every state has a letter of its own, and comes back from it', () => {
  expect(decodeStates('wrcfxsudn')).toEqual(nodeStates);
  expect(encodeStates(nodeStates)).toBe('wrcfxsudn');
  expect(() => decodeStates('wq')).toThrow('"q" is the letter of no node state');
});

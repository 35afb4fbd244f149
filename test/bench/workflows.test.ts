import { expect, test } from 'vitest';
import { hops, quantile } from './workflows/shapes.ts';

const node = (startedAt: number, finishedAt: number) => ({ startedAt, finishedAt });

test('a hop of a chain: from the end of the one before to the start', () => {
  expect(hops('chain', [node(0, 10), node(15, 20), node(50, 60)])).toEqual([5, 30]);
});

test('of a fan: from the first to each, and from the last of them to the join', () => {
  expect(hops('fan', [node(0, 10), node(14, 90), node(40, 50), node(97, 99)])).toEqual([4, 30, 7]);
  expect(() => hops('fan', [node(0, 1), node(2, 3)])).toThrow('a fan of 2 nodes');
});

test('quantiles are values that were measured', () => {
  const values = [5, 1, 4, 2, 3];
  expect([quantile(values, 0.5), quantile(values, 0.95), quantile([7], 0.5)]).toEqual([3, 5, 7]);
});

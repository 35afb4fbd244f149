import { expect, test } from 'vitest';
import { criticalPath } from '../../../core/workflow/critical.ts';
import { type GraphNode, graphOf } from '../../../core/workflow/graph.ts';

const node = (on: number[], more: Partial<GraphNode> = {}): GraphNode => ({
  kind: 'job',
  dependsOn: on.map((each) => ({ on: each, onFailure: 'cancel', takes: false })),
  onFailure: 'cancel',
  conditional: false,
  compensates: false,
  ...more,
});
const path = (nodes: GraphNode[], times: [number?, number?][]) =>
  criticalPath(
    graphOf(nodes),
    times.map(([startedAt, finishedAt]) => ({
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(finishedAt === undefined ? {} : { finishedAt }),
    })),
  );

test('back from the last that ended, through what each waited for the longest', () => {
  const diamond = [node([]), node([0]), node([0]), node([1, 2])];
  const times: [number, number][] = [
    [1, 10],
    [11, 20],
    [11, 90],
    [91, 95],
  ];
  expect(path(diamond, times)).toEqual([0, 2, 3]);
});

test('of one that runs: to the node that is longest at work', () => {
  expect(path([node([]), node([0]), node([0]), node([1])], [[1, 10], [11, 15], [11], [16]])).toEqual([0, 2]);
});

test('through a signal and a map, which have no times of their own', () => {
  const nodes = [
    node([]),
    node([0], { kind: 'signal' }),
    node([1], { kind: 'map' }),
    node([2]),
    node([], { elementOf: 2 }),
    node([], { elementOf: 2 }),
  ];
  expect(path(nodes, [[1, 10], [], [], [60, 70], [20, 50], [20, 30]])).toEqual([0, 4, 3]);
});

test('nothing has begun: none', () => {
  expect(path([node([])], [[]])).toEqual([]);
});

test('what was added came from the node whose job added it, unless it waited for others', () => {
  const nodes = [node([]), node([0]), node([], { addedBy: 1 }), node([2], { addedBy: 1 })];
  expect(
    path(nodes, [
      [1, 10],
      [11, 20],
      [15, 30],
      [31, 40],
    ]),
  ).toEqual([0, 1, 2, 3]);
});

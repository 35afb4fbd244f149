import { expect, test } from 'vitest';
import { mayHaveBegun } from '../../../core/workflow/begun.ts';
import { type GraphNode, graphOf } from '../../../core/workflow/graph.ts';
import { decodeStates } from '../../../core/workflow/states.ts';

const node = (on: number[] = [], more: Partial<GraphNode> = {}): GraphNode => ({
  kind: 'job',
  dependsOn: on.map((each) => ({ on: each, onFailure: 'cancel', takes: false })),
  onFailure: 'cancel',
  conditional: false,
  compensates: false,
  ...more,
});
const begun = (nodes: GraphNode[], before: string, after: string) =>
  mayHaveBegun(graphOf(nodes), decodeStates(before), decodeStates(after));

test('what everything before has ended for may have begun, and what comes after that may not', () => {
  expect(begun([node(), node([0]), node([1])], 'cww', 'cxx')).toEqual([1]);
});

test('nor does it matter that the same step undoes what was before it', () => {
  expect(begun([node(), node([0]), node()], 'cwf', 'uxf')).toEqual([1]);
});

test('a job that runs here may have ended to another advance; what waits for one that waits, or whose ground has failed, cannot', () => {
  expect(begun([node(), node([0]), node([1])], 'rww', 'rxx')).toEqual([1]);
  expect(begun([node(), node([0])], 'ww', 'wx')).toEqual([]);
  expect(begun([node(), node([0])], 'fw', 'fx')).toEqual([]);
});

test('behind what has no job of its own, or may not have needed one, it may', () => {
  expect(begun([node([], { kind: 'join' }), node([0])], 'ww', 'xx')).toEqual([0, 1]);
  expect(begun([node([], { conditional: true }), node([0])], 'ww', 'xx')).toEqual([0, 1]);
});

test('of the elements of a map no more than run at once, and none of one that has not begun', () => {
  const map = node([], { kind: 'map', maxConcurrency: 2 });
  const element = node([], { elementOf: 0 });
  expect(begun([map, element, element, element, element], 'rcwww', 'rcxxx')).toEqual([2, 3]);
  const later = node([5], { kind: 'map', maxConcurrency: 2 });
  expect(begun([later, element, element, element, element, node()], 'wwwwww', 'xxxxxw')).toEqual([]);
});

test('behind a signal that is no longer waited for it may, another advance saw it come; behind one that failed it may not', () => {
  const signal = node([], { kind: 'signal' });
  expect(begun([signal, node([0])], 'fw', 'fx')).toEqual([]);
  expect(begun([signal, node([0])], 'rw', 'xx')).toEqual([1]);
});

test('behind what a failure cancels it may, where that does not matter', () => {
  const patient = node([1], { dependsOn: [{ on: 1, onFailure: 'continue', takes: false }] });
  expect(begun([node(), node([0]), patient, node([1])], 'fwww', 'fxxx')).toEqual([2]);
  expect(begun([node(), node([0]), patient], 'rww', 'rxx')).toEqual([1]);
});

test('what stays, or was cancelled before, is not asked for', () => {
  expect(begun([node(), node([0])], 'cw', 'cr')).toEqual([]);
  expect(begun([node(), node([0])], 'cx', 'cx')).toEqual([]);
});

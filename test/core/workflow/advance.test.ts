import { describe, expect, test } from 'vitest';
import { advance, type Phase } from '../../../core/workflow/advance.ts';
import { type Dependency, type GraphNode, graphOf } from '../../../core/workflow/graph.ts';
import { decodeStates, encodeStates } from '../../../core/workflow/states.ts';

const job: GraphNode = {
  kind: 'job',
  dependsOn: [],
  onFailure: 'cancel',
  conditional: false,
  compensates: false,
};
const behind = (on: number, more: Partial<Dependency> = {}): Dependency => ({
  on,
  onFailure: 'cancel',
  takes: false,
  ...more,
});
const node = (dependsOn: Dependency[] = [], more: Partial<GraphNode> = {}): GraphNode => ({
  ...job,
  dependsOn,
  ...more,
});

/** One step; states as letters: waiting, running, completed, failed, x cancelled, skipped, u undoing, d undone, n not undone. */
function step(
  nodes: GraphNode[],
  states: string,
  phase: Phase = 'forward',
  conditions: [number, boolean][] = [],
) {
  const { states: left, ...rest } = advance({
    graph: graphOf(nodes),
    states: decodeStates(states),
    phase,
    conditions: new Map(conditions),
  });
  return { states: encodeStates(left), ...rest };
}

const nothing = { start: [], ask: [], stop: [], undo: [], stuck: false };

describe('forward', () => {
  const chain = [node(), node([behind(0)]), node([behind(1)])];
  test('roots start', () => {
    expect(step(chain, 'www')).toEqual({ ...nothing, phase: 'forward', states: 'rww', start: [0] });
  });
  test('what depends on the completed starts', () => {
    expect(step(chain, 'cww')).toMatchObject({ states: 'crw', start: [1] });
  });
  test('the second look at the same states does nothing', () => {
    expect(step(chain, 'crw')).toEqual({ ...nothing, phase: 'forward', states: 'crw' });
  });
  test('the last completed node ends it', () => {
    expect(step(chain, 'ccc')).toMatchObject({ states: 'ccc', end: 'completed' });
  });
  test('a failure cancels all that come after it, and fails the workflow', () => {
    expect(step(chain, 'cfw')).toMatchObject({ states: 'cfx', end: 'failed', start: [] });
    expect(step(chain, 'fww')).toMatchObject({ states: 'fxx', end: 'failed' });
  });
  test('other branches go on to their end', () => {
    const fork = [node(), node(), node([behind(0)]), node([behind(1)])];
    expect(step(fork, 'frww')).toMatchObject({ states: 'frxw' });
    expect(step(fork, 'fcxw')).toMatchObject({ states: 'fcxr', start: [3] });
  });
  test('a join waits for all', () => {
    const join = [node(), node(), node([behind(0), behind(1)])];
    expect(step(join, 'crw')).toMatchObject({ states: 'crw', start: [] });
    expect(step(join, 'ccw')).toMatchObject({ states: 'ccr', start: [2] });
  });
  test('a join is cancelled by its first failed parent, at once', () => {
    const join = [node(), node(), node([behind(0), behind(1)])];
    expect(step(join, 'rfw')).toMatchObject({ states: 'rfx' });
  });
  test('continue: dependants run, and the workflow completes', () => {
    const lenient = [node([], { onFailure: 'continue' }), node([behind(0, { onFailure: 'continue' })])];
    expect(step(lenient, 'fw')).toMatchObject({ states: 'fr', start: [1] });
    expect(step(lenient, 'fc')).toMatchObject({ end: 'completed' });
  });
  test('a dependency may be more lenient than the node: the dependant runs, the workflow fails', () => {
    const lenient = [node(), node([behind(0, { onFailure: 'continue' })])];
    expect(step(lenient, 'fw')).toMatchObject({ states: 'fr' });
    expect(step(lenient, 'fc')).toMatchObject({ end: 'failed' });
  });
  test('an empty graph is completed', () => {
    expect(step([], '')).toMatchObject({ end: 'completed' });
  });
});

describe('conditions', () => {
  const nodes = [
    node(),
    node([behind(0)], { conditional: true }),
    node([behind(1)]),
    node([behind(1, { takes: true })]),
  ];
  test('are asked for when everything before has ended, not sooner', () => {
    expect(step(nodes, 'rwww')).toMatchObject({ ask: [] });
    expect(step(nodes, 'cwww')).toMatchObject({ states: 'cwww', ask: [1] });
  });
  test('true starts', () => {
    expect(step(nodes, 'cwww', 'forward', [[1, true]])).toMatchObject({
      states: 'crww',
      start: [1],
      ask: [],
    });
  });
  test('false skips; who depends on it runs, who takes data from it is skipped too', () => {
    expect(step(nodes, 'cwww', 'forward', [[1, false]])).toMatchObject({ states: 'csrs', start: [2] });
  });
});

describe('maps', () => {
  const map = node([behind(0)], { kind: 'map', maxConcurrency: 2 });
  const element = node([], { elementOf: 1 });
  const nodes = [node(), map, node([behind(1)]), element, element, element];
  test('a map is started, to be expanded', () => {
    expect(step(nodes.slice(0, 3), 'cww')).toMatchObject({ states: 'crw', start: [1] });
    expect(step(nodes.slice(0, 3), 'crw')).toMatchObject({ states: 'crw', start: [] });
  });
  test('its elements start within its bound', () => {
    expect(step(nodes, 'crwwww')).toMatchObject({ states: 'crwrrw', start: [3, 4] });
    expect(step(nodes, 'crwcrw')).toMatchObject({ states: 'crwcrr', start: [5] });
  });
  test('it ends with the last of them', () => {
    expect(step(nodes, 'crwccc')).toMatchObject({ states: 'ccrccc', start: [2] });
  });
  test('one that fails cancels those that have not started, waits for the others and fails the map', () => {
    expect(step(nodes, 'crwfrw')).toMatchObject({ states: 'crwfrx', start: [] });
    expect(step(nodes, 'crwfcx')).toMatchObject({ states: 'cfxfcx', end: 'failed' });
  });
});

describe('stopping', () => {
  const nodes = [node(), node([behind(0)]), node([], { kind: 'signal' })];
  test('what waits is cancelled, jobs are told to stop, a signal is waited for no more', () => {
    expect(step(nodes, 'rwr', 'stopping')).toMatchObject({ states: 'rxx', stop: [0] });
  });
  test('it ends when the last job has ended', () => {
    expect(step(nodes, 'xxx', 'stopping')).toMatchObject({ end: 'stopped', stop: [] });
    expect(step(nodes, 'cxx', 'stopping')).toMatchObject({ end: 'stopped' });
  });
});

describe('compensation', () => {
  const undoable = { compensates: true, onFailure: 'compensate' } as const;
  const saga = [node([], undoable), node([behind(0)], undoable), node([behind(1)], undoable)];
  test('a failure that asks for it turns the workflow round: last completed first', () => {
    expect(step(saga, 'ccf')).toMatchObject({ phase: 'compensating', states: 'cuf', undo: [1] });
    expect(step(saga, 'cdf', 'compensating')).toMatchObject({ states: 'udf', undo: [0] });
    expect(step(saga, 'ddf', 'compensating')).toMatchObject({ states: 'ddf', end: 'compensated' });
  });
  test('first what runs is stopped and awaited', () => {
    const both = [...saga, node([], undoable)];
    expect(step(both, 'ccfr')).toMatchObject({ phase: 'compensating', states: 'ccfr', stop: [3], undo: [] });
    expect(step(both, 'ccfc', 'compensating')).toMatchObject({ states: 'cufu', undo: [1, 3] });
  });
  test('what can not be undone is passed over, and keeps the order', () => {
    const passing = [
      saga[0] as GraphNode,
      node([behind(0)], { onFailure: 'compensate' }),
      node([behind(1)], undoable),
      node([behind(2)], undoable),
    ];
    expect(step(passing, 'cccf')).toMatchObject({ states: 'ccuf', undo: [2] });
    expect(step(passing, 'ccdf', 'compensating')).toMatchObject({ states: 'ucdf', undo: [0] });
  });
  test('a compensation that failed leaves what was before it as it is', () => {
    expect(step(saga, 'cnf', 'compensating')).toMatchObject({
      states: 'cnf',
      undo: [],
      end: 'compensation_failed',
    });
  });
  test('other branches are undone all the same', () => {
    const fork = [
      node([], undoable),
      node([behind(0)], undoable),
      node([behind(0)], undoable),
      node([], undoable),
      node([], undoable),
    ];
    expect(step(fork, 'cncfc', 'compensating')).toMatchObject({ states: 'cnufu', undo: [2, 4] });
  });
  test('of a map its elements are undone, and what gave the list after them', () => {
    const map = node([behind(0)], { kind: 'map', ...undoable });
    const element = node([], { elementOf: 1, compensates: true });
    const graph = [saga[0] as GraphNode, map, node([behind(1)], undoable), element, element];
    expect(step(graph, 'ccfcc')).toMatchObject({ states: 'ccfuu', undo: [3, 4] });
    expect(step(graph, 'ccfdu', 'compensating')).toMatchObject({ states: 'ccfdu', undo: [] });
    expect(step(graph, 'ccfdd', 'compensating')).toMatchObject({ states: 'ucfdd', undo: [0] });
    expect(step(graph, 'ccfnd', 'compensating')).toMatchObject({ end: 'compensation_failed', undo: [] });
  });
  test('a dependency may ask for it', () => {
    const strict = [node(), node([behind(0, { onFailure: 'compensate' })])];
    expect(step(strict, 'fw')).toMatchObject({ phase: 'compensating', states: 'fx', end: 'compensated' });
  });
});

test('nothing runs, nothing can start and it is not over: it is said', () => {
  const broken = [node([behind(1)]), node([behind(0)])];
  expect(step(broken, 'ww')).toMatchObject({ stuck: true });
});

describe('added by the job of another node', () => {
  const added = (by: number, on: Dependency[] = [], more: Partial<GraphNode> = {}) =>
    node(on, { addedBy: by, ...more });
  const nodes = [node(), node([behind(0)]), added(1), added(1, [behind(2)])];
  test('it starts at once, while that one runs', () => {
    expect(step(nodes, 'crww')).toMatchObject({ states: 'crrw', start: [2] });
  });
  test('after a retry it waits until that one begins anew, and begins with it', () => {
    expect(step(nodes, 'rwww')).toMatchObject({ states: 'rwww', start: [] });
    expect(step(nodes, 'cwww')).toMatchObject({ states: 'crrw', start: [1, 2] });
  });
  test('it goes with one that is kept from beginning', () => {
    expect(step(nodes, 'fwww')).toMatchObject({ states: 'fxxx', end: 'failed' });
    const conditional = [node(), node([behind(0)], { conditional: true }), added(1)];
    expect(step(conditional, 'cww', 'forward', [[1, false]])).toMatchObject({
      states: 'css',
      end: 'completed',
    });
  });
  test('it goes on when that one fails', () => {
    expect(step(nodes, 'cfww')).toMatchObject({ states: 'cfrw', start: [2] });
  });
  test('it is undone before that one is', () => {
    const book = { compensates: true };
    const undoing = [node([], book), added(0, [], book), node([behind(0)], { onFailure: 'compensate' })];
    expect(step(undoing, 'ccf', 'compensating')).toMatchObject({ states: 'cuf', undo: [1] });
    expect(step(undoing, 'cdf', 'compensating')).toMatchObject({ states: 'udf', undo: [0] });
  });
  test('by an element: it is undone before what its map was built on', () => {
    const book = { compensates: true };
    const undoing = [
      node([], book),
      node([behind(0)], { kind: 'map' }),
      node([], { elementOf: 1 }),
      added(2, [], book),
      node([behind(1)], { onFailure: 'compensate' }),
    ];
    expect(step(undoing, 'ccccf')).toMatchObject({ states: 'cccuf', undo: [3] });
    expect(step(undoing, 'cccdf', 'compensating')).toMatchObject({ states: 'uccdf', undo: [0] });
  });
  test('what lets the failure of its adder pass, a map or a sub-workflow, lets its own pass', () => {
    const map = [
      node([], { kind: 'map', onFailure: 'continue', maxConcurrency: 2 }),
      node([], { elementOf: 0 }),
      added(1),
    ];
    expect(step(map, 'ccf').end).toBe('completed');
    expect(step([map[0]!, map[1]!, added(1), node([], { addedBy: 2 })], 'cccf').end).toBe('completed');
    expect(step([node(), added(0)], 'cf').end).toBe('failed');
  });
});

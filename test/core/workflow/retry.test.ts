import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advance } from '../../../core/workflow/advance.ts';
import { type GraphNode, graphOf } from '../../../core/workflow/graph.ts';
import { restart } from '../../../core/workflow/retry.ts';
import { decodeStates, encodeStates, type NodeState } from '../../../core/workflow/states.ts';

const node = (on: number[], more: Partial<GraphNode> = {}): GraphNode => ({
  kind: 'job',
  dependsOn: on.map((each) => ({ on: each, onFailure: 'cancel', takes: false })),
  onFailure: 'cancel',
  conditional: false,
  compensates: false,
  ...more,
});
const fresh = (count: number) => Array.from({ length: count }, () => 0);
const restarted = (
  nodes: GraphNode[],
  states: string,
  mode: 'failed' | 'all' | 'undo',
  rounds?: number[],
) => {
  const begun = { states: decodeStates(states), rounds: rounds ?? fresh(nodes.length) };
  const after = restart(graphOf(nodes), begun, { mode, round: 1 });
  return [encodeStates(after.states), after.rounds.join('')];
};

describe('what is begun anew', () => {
  const diamond = [node([]), node([0]), node([0]), node([1, 2]), node([2])];
  test('failed: what did not end well, and all that comes after it', () => {
    expect(restarted(diamond, 'cfcxc', 'failed')).toEqual(['cwcwc', '01010']);
    expect(restarted(diamond, 'dcfcc', 'failed')).toEqual(['wwwww', '11111']);
  });
  test('all: everything', () => {
    expect(restarted(diamond, 'cfcxs', 'all')).toEqual(['wwwww', '11111']);
  });
  test('failed: what a job added and does not wait for it stays', () => {
    const added = [node([]), node([], { addedBy: 0 }), node([0], { addedBy: 0 }), node([1], { addedBy: 0 })];
    expect(restarted(added, 'fcxc', 'failed')).toEqual(['wcwc', '1010']);
    expect(restarted(added, 'cfxx', 'failed')).toEqual(['cwww', '0111']);
    expect(restarted(added, 'fcxc', 'all')).toEqual(['wwww', '1111']);
  });
  test('undo: compensations that failed, in the round they were in', () => {
    expect(restarted(diamond, 'cndfc', 'undo')).toEqual(['ccdfc', '00000']);
  });
  test('said again of what it left half written, it goes on: what has reached the round stays', () => {
    expect(restarted(diamond, 'crcxc', 'failed', [0, 1, 0, 0, 0])).toEqual(['crcwc', '01010']);
    expect(restarted(diamond, 'rfcxs', 'all', [1, 1, 0, 0, 0])).toEqual(['rfwww', '11111']);
  });
  test('an element takes its map and what follows; what gives the list takes every element', () => {
    const element = node([], { elementOf: 1 });
    const map = [node([]), node([0], { kind: 'map' }), node([1]), element, element];
    expect(restarted(map, 'cfxcf', 'failed')).toEqual(['cwwcw', '01101']);
    expect(restarted(map, 'fcccc', 'failed')).toEqual(['wwwww', '11111']);
  });
});

test('any graph, any failures: a retry in which nothing fails completes it, and begins nothing that stood', () => {
  const graphs = fc.array(
    fc.record({ parents: fc.uniqueArray(fc.nat(1_000), { maxLength: 3 }), fails: fc.boolean() }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(graphs, (drawn) => {
      const nodes = drawn.map(({ parents }, index) =>
        node(index === 0 ? [] : [...new Set(parents.map((each) => each % index))]),
      );
      const graph = graphOf(nodes);
      const run = (from: NodeState[], fails: (index: number) => boolean) => {
        let states = from;
        const started: number[] = [];
        for (;;) {
          const step = advance({ graph, states, phase: 'forward', conditions: new Map() });
          if (step.end !== undefined) return { states: step.states, end: step.end, started };
          expect(step.stuck).toBe(false);
          started.push(...step.start);
          states = step.states.map((state, index) =>
            state === 'running' ? (fails(index) ? 'failed' : 'completed') : state,
          );
        }
      };
      const first = run(
        nodes.map(() => 'waiting'),
        (index) => drawn[index]?.fails ?? false,
      );
      const begun = { states: first.states, rounds: fresh(nodes.length) };
      const again = restart(graph, begun, { mode: 'failed', round: 1 });
      const second = run(again.states, () => false);
      expect(second.end).toBe('completed');
      expect(second.started.some((index) => first.states[index] === 'completed')).toBe(false);
    }),
    { numRuns: 100, seed: 7 },
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance, type Phase } from '../../../core/workflow/advance.ts';
import { failurePolicies, type Graph, type GraphNode, graphOf } from '../../../core/workflow/graph.ts';
import { isEnded, type NodeState } from '../../../core/workflow/states.ts';

interface Drawn {
  nodes: GraphNode[];
  /** For each node, how many elements it gets if it is a map. */
  sizes: number[];
}

/** A random graph of up to 200 nodes: a node depends only on earlier ones. */
const graphs: fc.Arbitrary<Drawn> = fc
  .array(
    fc.record({
      parents: fc.uniqueArray(fc.nat(1_000_000), { maxLength: 4 }),
      onFailure: fc.constantFrom(...failurePolicies),
      edge: fc.constantFrom(...failurePolicies),
      takes: fc.boolean(),
      conditional: fc.boolean(),
      compensates: fc.boolean(),
      kind: fc.constantFrom(
        'job' as const,
        'job' as const,
        'job' as const,
        'signal' as const,
        'join' as const,
        'map' as const,
      ),
      size: fc.nat(5),
      maxConcurrency: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 200, size: 'max' },
  )
  .map((drawn) => ({
    sizes: drawn.map(({ size }) => size),
    nodes: drawn.map(
      (each, index): GraphNode => ({
        kind: each.kind,
        dependsOn:
          index === 0
            ? []
            : [...new Set(each.parents.map((parent) => parent % index))].map((on) => ({
                on,
                onFailure: each.edge,
                takes: each.takes,
              })),
        onFailure: each.onFailure,
        conditional: each.conditional && each.kind !== 'join',
        compensates: each.compensates && each.kind === 'job',
        ...(each.kind === 'map' ? { maxConcurrency: each.maxConcurrency } : {}),
      }),
    ),
  }));

function elementOf(map: number): GraphNode {
  return {
    kind: 'job',
    dependsOn: [],
    onFailure: 'cancel',
    conditional: false,
    compensates: map % 2 === 0,
    elementOf: map,
  };
}

/** What a job adds, in the turn in which it ends, perhaps: after another node or at once. */
function addedBy(job: number, parent: number, compensates: boolean): GraphNode {
  const on = { on: compensates ? parent : job, onFailure: 'continue', takes: false } as const;
  return {
    kind: 'job',
    dependsOn: parent % 3 === 0 ? [] : [on],
    onFailure: parent % 2 === 0 ? 'cancel' : 'compensate',
    conditional: false,
    compensates,
    addedBy: job,
  };
}

/** All that was built on a node, directly or through others; an element is not built on by those beside it. */
function everyLater({ nodes, dependants, elements }: Graph, node: number): Set<number> {
  const found = new Set<number>();
  const open = [node];
  for (let each = open.pop(); each !== undefined; each = open.pop())
    for (const later of dependants[each] ?? []) {
      const own = nodes[each]?.elementOf === later ? [] : (elements.get(later) ?? []);
      for (const next of [later, ...own])
        if (!found.has(next)) {
          found.add(next);
          open.push(next);
        }
    }
  return found;
}

/** Which of what is live ends next, and how; from a seed of numbers. */
const fates = fc.array(
  fc.record({
    pick: fc.nat(1_000_000),
    ends: fc.constantFrom('completed', 'completed', 'completed', 'failed'),
  }),
  {
    minLength: 1,
    maxLength: 50,
  },
);

test('any graph, any ends: order is kept, no node lives twice, undoing goes backwards, and it ends', () => {
  fc.assert(
    fc.property(graphs, fates, fc.option(fc.nat(60)), ({ nodes: drawnNodes, sizes }, drawn, stopAfter) => {
      const nodes = [...drawnNodes];
      let graph = graphOf(nodes);
      let states: NodeState[] = nodes.map(() => 'waiting');
      let phase: Phase = 'forward';
      const conditions = new Map<number, boolean>();
      const started = new Set<number>();
      const undone: number[] = [];
      let added = 0;
      for (let turn = 0; turn < drawnNodes.length * 30 + 200; turn++) {
        if (turn === stopAfter && phase === 'forward') phase = 'stopping';
        const step = advance({ graph, states, phase, conditions });
        expect(step.stuck).toBe(false);
        // Taken again it says the same of what is left to do: a step half carried out is taken again.
        expect(advance({ graph, states, phase, conditions })).toEqual(step);
        for (const index of step.start) {
          expect(started.has(index)).toBe(false);
          started.add(index);
          for (const { on } of nodes[index]?.dependsOn ?? [])
            expect(isEnded(states[on] as NodeState) || isEnded(step.states[on] as NodeState)).toBe(true);
          const adder = nodes[index]?.addedBy;
          expect(adder === undefined ? 'running' : step.states[adder]).not.toBe('waiting');
          const map = nodes[index]?.elementOf;
          if (map !== undefined) {
            const alive = (graph.elements.get(map) ?? []).filter((each) => step.states[each] === 'running');
            expect(alive.length).toBeLessThanOrEqual(nodes[map]?.maxConcurrency ?? 0);
          }
        }
        if (step.phase !== 'forward') expect(step.start).toEqual([]);
        for (const index of step.undo) {
          expect(undone).not.toContain(index);
          undone.push(index);
          for (const later of everyLater(graph, index))
            expect(['completed', 'compensating', 'compensation_failed']).not.toContain(
              nodes[later]?.compensates ? step.states[later] : 'none',
            );
        }
        if (step.end !== undefined) {
          expect(step.states.every((state) => isEnded(state))).toBe(true);
          return;
        }
        states = step.states;
        phase = step.phase;
        for (const index of step.start) {
          if (nodes[index]?.kind !== 'map') continue;
          const size = sizes[index] ?? 0;
          if (size === 0) states[index] = 'completed';
          for (let each = 0; each < size; each++) {
            nodes.push(elementOf(index));
            states.push('waiting');
          }
          graph = graphOf(nodes);
        }
        for (const index of step.ask)
          conditions.set(index, (drawn[(index + turn) % drawn.length]?.pick ?? 0) % 3 > 0);
        if (step.ask.length > 0 || step.start.some((index) => nodes[index]?.kind === 'map')) continue;
        const stopped = new Set(step.stop);
        const live = states.flatMap((state, index) =>
          (state === 'running' && nodes[index]?.kind !== 'map') || state === 'compensating' ? [index] : [],
        );
        expect(live.length).toBeGreaterThan(0);
        const fate = drawn[turn % drawn.length] as { pick: number; ends: 'completed' | 'failed' };
        const index = live[fate.pick % live.length] as number;
        if (phase === 'forward' && nodes[index]?.kind === 'job' && fate.pick % 3 === 0 && added < 50) {
          added++;
          nodes.push(addedBy(index, fate.pick % drawnNodes.length, fate.pick % 2 === 0));
          states.push('waiting');
          graph = graphOf(nodes);
        }
        if (states[index] === 'compensating')
          states[index] = fate.ends === 'failed' ? 'compensation_failed' : 'compensated';
        else states[index] = stopped.has(index) && fate.pick % 2 === 0 ? 'cancelled' : fate.ends;
      }
      expect.unreachable('it did not end');
    }),
    { numRuns: 300, seed: 5 },
  );
});

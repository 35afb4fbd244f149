import { dependsOn, type Graph } from './graph.ts';
import type { NodeState } from './states.ts';

/**
 * What a retry begins anew:
 * - `failed`: what failed, was cancelled or undone, and all that comes after it.
 * - `all`: every node.
 * - `undo`: the compensations that failed.
 */
export const retryModes = ['failed', 'all', 'undo'] as const;
export type RetryMode = (typeof retryModes)[number];

/** States of the nodes, and in which round each was last begun: 0, then one more for each retry that took it. */
export interface Begun {
  states: NodeState[];
  rounds: number[];
}

/** Rounds are stored as one character a node. */
export const maxRounds = 90;

/**
 * The nodes once a retry has set back those it begins anew. Said again of what it has left half written, it goes on:
 * a node that has reached this round already stays as it is.
 * @param round of this retry, from 1
 */
export function restart(
  graph: Graph,
  { states, rounds }: Begun,
  { mode, round }: { mode: RetryMode; round: number },
): Begun {
  if (mode === 'undo')
    return {
      states: states.map((state) => (state === 'compensation_failed' ? 'completed' : state)),
      rounds: [...rounds],
    };
  const again = mode === 'all' ? new Set(states.keys()) : affected(graph, { states, rounds }, round);
  const isNew = (node: number) => again.has(node) && (rounds[node] ?? 0) < round;
  return {
    states: states.map((state, node) => (isNew(node) ? 'waiting' : state)),
    rounds: states.map((_, node) => (again.has(node) ? round : (rounds[node] ?? 0))),
  };
}

const undone: ReadonlySet<NodeState> = new Set(['failed', 'cancelled', 'compensated', 'compensation_failed']);

/**
 * Those that did not end well, and all that depends on them. A map whose list may change begins with all its elements.
 * What a node's job added and does not depend on it stays: it is added once.
 */
function affected(graph: Graph, { states, rounds }: Begun, round: number): Set<number> {
  const found = new Set<number>();
  const open = states.flatMap((state, node) => (undone.has(state) || rounds[node] === round ? [node] : []));
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    for (const next of graph.dependants[node] ?? []) {
      if (graph.nodes[next]?.addedBy === node && !dependsOn(graph.nodes[next], node)) continue;
      open.push(next);
      if (graph.nodes[node]?.elementOf !== next) open.push(...(graph.elements.get(next) ?? []));
    }
  }
  return found;
}

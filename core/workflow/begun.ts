import type { Graph, GraphNode } from './graph.ts';
import { isEnded, type NodeState } from './states.ts';

/**
 * Of nodes that a step has cancelled while they waited: those that an advance may have given a job all the same, one
 * that died before it could say so, or that is late. Their jobs have to be looked for, before the nodes are done with.
 *
 * @param before the step
 * @param after the step
 * @returns all that could have begun, maps too; of a map's elements no more than run at once: they begin in their order
 */
export function mayHaveBegun(
  graph: Graph,
  before: readonly NodeState[],
  after: readonly NodeState[],
): number[] {
  const { nodes, dependants, elements } = graph;
  const begun = new Set<number>();
  /** To another advance, which has read later news. */
  const mayHaveCome = (index: number): boolean => before[index] === 'running';
  /** Is it over, as far as such an advance could see: what has no job may have come and gone within it. */
  const isPast = (index: number): boolean => {
    const node = nodes[index] as GraphNode;
    if (mayHaveCome(index)) return true;
    // A step that turns round may undo it at once.
    if (before[index] !== 'waiting' || after[index] !== 'cancelled')
      return isEnded(before[index] as NodeState) || isEnded(after[index] as NodeState);
    return (
      begun.has(index) &&
      (node.kind !== 'job' || node.conditional || node.dependsOn.some(({ takes }) => takes))
    );
  };
  const isReady = (index: number): boolean => {
    const { dependsOn, elementOf } = nodes[index] as GraphNode;
    if (elementOf !== undefined) return before[elementOf] === 'running' || begun.has(elementOf);
    return dependsOn.every(({ on, onFailure }) => {
      if (onFailure === 'continue' && lost.has(on)) return true;
      return isPast(on) && (onFailure === 'continue' || !isLost(on) || mayHaveCome(on));
    });
  };
  const isLost = (index: number): boolean => before[index] === 'failed' || before[index] === 'cancelled';
  const open = before.flatMap((state, index) =>
    state === 'waiting' && after[index] === 'cancelled' ? [index] : [],
  );
  const cancelled = new Set(open);
  const lost = lostWith(graph, cancelled, isLost);
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (begun.has(index) || !isReady(index)) continue;
    begun.add(index);
    for (const next of [...(dependants[index] ?? []), ...(elements.get(index) ?? [])])
      if (cancelled.has(next)) open.push(next);
  }
  const surplus = new Set(
    [...elements].flatMap(([map, own]) =>
      own.filter((each) => begun.has(each)).slice(nodes[map]?.maxConcurrency ?? Number.POSITIVE_INFINITY),
    ),
  );
  return [...begun].filter((index) => !surplus.has(index)).sort((one, other) => one - other);
}

/**
 * Of the nodes that are cancelled, those that what failed before them cancels: an advance that had not heard why
 * everything stops went on behind them.
 */
function lostWith(
  { nodes, dependants }: Graph,
  cancelled: ReadonlySet<number>,
  isLost: (index: number) => boolean,
): Set<number> {
  const lost = new Set<number>();
  const open = [...cancelled];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (lost.has(index)) continue;
    const needs = (nodes[index] as GraphNode).dependsOn.filter(({ onFailure }) => onFailure !== 'continue');
    if (!needs.some(({ on }) => isLost(on) || lost.has(on))) continue;
    lost.add(index);
    for (const next of dependants[index] ?? []) if (cancelled.has(next)) open.push(next);
  }
  return lost;
}

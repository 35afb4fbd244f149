import type { Step } from './advance.ts';
import type { Graph } from './graph.ts';
import type { NodeState } from './states.ts';

/**
 * The compensating half of `advance`, once nothing runs forward any more: undoes every completed node that can be
 * undone, in the reverse order of its dependencies: not before everything that was built on it is undone.
 * What is upstream of a compensation that failed stays as it is: its ground is still in use.
 */
export function undo(graph: Graph, step: Step): Step {
  const { states } = step;
  const isDue = (index: number): boolean => {
    const node = graph.nodes[index];
    // A map has no job of its own: its elements are undone.
    return states[index] === 'completed' && node?.kind === 'job' && node.compensates;
  };
  const free = clearOf(graph, states, isDue);
  const next = states.flatMap((_, index) => (isDue(index) && free[index] ? [index] : []));
  if (next.length > 0) {
    for (const index of next) states[index] = 'compensating';
    return { ...step, undo: next };
  }
  const left = states.some((state, index) => state === 'compensation_failed' || isDue(index));
  return { ...step, end: left ? 'compensation_failed' : 'compensated' };
}

/** For each node: is nothing that came after it still in effect, directly or through others. */
function clearOf(
  { nodes, dependants, elements }: Graph,
  states: readonly NodeState[],
  isDue: (index: number) => boolean,
): boolean[] {
  const clear: (boolean | undefined)[] = states.map(() => undefined);
  const stands = (index: number): boolean =>
    isDue(index) || states[index] === 'compensating' || states[index] === 'compensation_failed';
  // What a map was built on, its elements were built on, and all that their jobs added; elements themselves do not wait
  // for one another.
  const built = (node: number): number[] =>
    (dependants[node] ?? []).flatMap((later) =>
      nodes[node]?.elementOf === later ? [later] : [later, ...(elements.get(later) ?? [])],
    );
  for (const start of states.keys()) {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack[stack.length - 1] as number;
      const later = clear[node] === undefined ? built(node) : [];
      const open = later.filter((each) => clear[each] === undefined);
      if (open.length > 0) {
        stack.push(...open);
        continue;
      }
      clear[node] ??= later.every((each) => clear[each] === true && !stands(each));
      stack.pop();
    }
  }
  return clear as boolean[];
}

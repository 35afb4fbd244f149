/** The two shapes that are compared, and how long a hop takes in them. */
export type Shape = 'chain' | 'fan';

/** When a node's handler was given it, and when it had ended, ms. */
export interface Times {
  startedAt: number;
  finishedAt: number;
}

/** How long each node was handed over: from the end of the last it waited for to its own start. ms */
export function hops(shape: Shape, nodes: readonly Times[]): number[] {
  if (shape === 'chain')
    return nodes.slice(1).map(({ startedAt }, index) => startedAt - (nodes[index] as Times).finishedAt);
  const [first, ...others] = nodes;
  const last = others.pop();
  if (first === undefined || last === undefined || others.length === 0)
    throw new Error(`a fan of ${nodes.length} nodes has none between its first and its last`);
  const end = Math.max(...others.map(({ finishedAt }) => finishedAt));
  return [...others.map(({ startedAt }) => startedAt - first.finishedAt), last.startedAt - end];
}

/** The value that this share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

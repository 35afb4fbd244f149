import type { Graph } from './graph.ts';

/** When a node's job began and ended, ms; absent where it did not, or where that is not known. */
export interface NodeTimes {
  startedAt?: number;
  finishedAt?: number;
}

/**
 * The nodes that decided how long it took so far, first to last: from the one that is still at work, else the last
 * that ended, back through what each waited for the longest. Nodes without times of their own (joins, maps, signals)
 * are passed through.
 * @returns indexes
 */
export function criticalPath({ nodes, elements }: Graph, times: readonly NodeTimes[]): number[] {
  const before = (node: number): number[] => {
    const { dependsOn = [], addedBy } = nodes[nodes[node]?.elementOf ?? node] ?? {};
    const waitedFor =
      dependsOn.length === 0 && addedBy !== undefined ? [addedBy] : dependsOn.map(({ on }) => on);
    return [...waitedFor, ...(elements.get(node) ?? [])];
  };
  const ends: (number | undefined)[] = [];
  /** When a node's end was known: its own, else the latest of what it waited for. */
  const endOf = (first: number): number => {
    const stack = [first];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const open =
        times[node]?.finishedAt === undefined ? before(node).filter((each) => ends[each] === undefined) : [];
      if (ends[node] === undefined && open.length > 0) {
        stack.push(...open);
        continue;
      }
      ends[node] ??= times[node]?.finishedAt ?? Math.max(0, ...before(node).map((each) => ends[each] ?? 0));
      stack.pop();
    }
    return ends[first] ?? 0;
  };
  const running = times.flatMap(({ startedAt, finishedAt }, node) =>
    startedAt !== undefined && finishedAt === undefined ? [node] : [],
  );
  const ended = times.flatMap(({ finishedAt }, node) => (finishedAt === undefined ? [] : [node]));
  let at =
    least(running, (node) => times[node]?.startedAt ?? 0) ??
    least(ended, (node) => -(times[node]?.finishedAt ?? 0));
  const path: number[] = [];
  while (at !== undefined) {
    if (times[at]?.startedAt !== undefined || times[at]?.finishedAt !== undefined) path.unshift(at);
    const parents = before(at).filter((each) => endOf(each) > 0);
    at = least(parents, (node) => -endOf(node));
  }
  return path;
}

function least(nodes: readonly number[], of: (node: number) => number): number | undefined {
  return nodes.reduce<number | undefined>(
    (best, node) => (best === undefined || of(node) < of(best) ? node : best),
    undefined,
  );
}

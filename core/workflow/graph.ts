/**
 * A workflow's graph, as `advance` sees it: what depends on what, by index, and nothing of payloads. Nodes are
 * only ever appended (elements of a map, nodes a handler adds), so that an index stays a node's name for good.
 */

/** What a node's failure does to one that depends on it, and to the workflow. */
export const failurePolicies = ['cancel', 'continue', 'compensate'] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

export interface Dependency {
  /** Index of the node that must end first. */
  on: number;
  /** What this node does when that one fails. */
  onFailure: FailurePolicy;
  /** It takes data from that node: skipped there, it is skipped too. */
  takes: boolean;
}

/**
 * - `job`: runs one job.
 * - `signal`: waits for an event from outside.
 * - `map`: one `job` node for each element of a list; they are appended when it starts, and it ends with them.
 * - `join`: nothing of its own; start and end of a sub-workflow.
 */
export type NodeKind = 'job' | 'signal' | 'map' | 'join';

export interface GraphNode {
  kind: NodeKind;
  dependsOn: readonly Dependency[];
  /** What its own failure does to the workflow. */
  onFailure: FailurePolicy;
  /** It runs only when its condition holds. */
  conditional: boolean;
  /** Its type can undo what it did. */
  compensates: boolean;
  /** `map` only: how many elements run at the same time. */
  maxConcurrency?: number;
  /** An element: the index of its map. */
  elementOf?: number;
  /** A node of a sub-workflow: the index of its end. */
  partOf?: number;
  /** Added while the workflow ran: the index of the node whose job did so. It begins only once that one has. */
  addedBy?: number;
}

export interface Graph {
  nodes: readonly GraphNode[];
  /** For each node, who waits for it: the reverse of `dependsOn`, a map after each of its elements, and what its job added. */
  dependants: readonly (readonly number[])[];
  /** For each map, its elements, in their order. */
  elements: ReadonlyMap<number, readonly number[]>;
  /** The ends of sub-workflows. */
  ends: ReadonlySet<number>;
}

/** Adds to the nodes what can be said of them only together. */
export function graphOf(nodes: readonly GraphNode[]): Graph {
  const dependants: number[][] = nodes.map(() => []);
  const elements = new Map<number, number[]>();
  const ends = new Set<number>();
  for (const [index, node] of nodes.entries()) {
    for (const { on } of node.dependsOn) dependants[on]?.push(index);
    if (node.partOf !== undefined) ends.add(node.partOf);
    if (node.addedBy !== undefined && !dependsOn(node, node.addedBy)) dependants[node.addedBy]?.push(index);
    if (node.kind === 'map' && !elements.has(index)) elements.set(index, []);
    if (node.elementOf === undefined) continue;
    dependants[index]?.push(node.elementOf);
    const own = elements.get(node.elementOf);
    if (own === undefined) elements.set(node.elementOf, [index]);
    else own.push(index);
  }
  return { nodes, dependants, elements, ends };
}

/** Does a node wait for the end of another. */
export function dependsOn(node: GraphNode | undefined, other: number): boolean {
  return node?.dependsOn.some(({ on }) => on === other) ?? false;
}

/**
 * Cycles, each as indexes in the order of their dependency, the first one repeated at the end: so many that without the
 * last dependency of each there is none left.
 * @param most how many are looked for
 */
export function cyclesOf(parents: readonly (readonly number[])[], most: number): number[][] {
  const cycles: number[][] = [];
  const done = new Set<number>();
  for (const start of parents.keys()) {
    // By hand and not by recursion: a chain of 10,000 nodes is deeper than the stack.
    const path: { node: number; next: number }[] = [{ node: start, next: 0 }];
    const onPath = new Map([[start, 0]]);
    while (path.length > 0) {
      const top = path[path.length - 1] as { node: number; next: number };
      const next = done.has(top.node) ? undefined : parents[top.node]?.[top.next++];
      if (next === undefined) {
        done.add(top.node);
        onPath.delete(top.node);
        path.pop();
        continue;
      }
      const at = onPath.get(next);
      if (at !== undefined) {
        cycles.push([...path.slice(at).map(({ node }) => node), next]);
        if (cycles.length === most) return cycles;
        continue;
      }
      if (done.has(next)) continue;
      onPath.set(next, path.length);
      path.push({ node: next, next: 0 });
    }
  }
  return cycles;
}

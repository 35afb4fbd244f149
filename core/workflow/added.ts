import type { Dependency, GraphNode } from './graph.ts';
import { adder } from './request.ts';
import type { Source } from './source.ts';
import type { NodeSpec } from './spec.ts';

/**
 * Nodes that a job adds to its workflow. Their keys are its node's, a slash and their own, so that no two jobs ever
 * add the same node and whatever the graph calls its nodes is in nobody's way. They are stored with keys for indexes,
 * `.` for the node whose job adds them and `./key` for themselves: the advance that takes them in knows the rest.
 */
export interface AddedNodes {
  specs: AddedSpec[];
  /** Key as it was asked for → hash of its node: asked for again it is the same node, or refused. */
  asked: Record<string, string>;
}

export interface AddedSpec extends Omit<NodeSpec, 'node'> {
  node: Omit<GraphNode, 'dependsOn' | 'partOf'> & {
    dependsOn: (Omit<Dependency, 'on'> & { on: string })[];
    partOf?: string;
  };
}

/** What the keys of nodes begin with that are stored beside each other. */
export const own = `${adder}/`;

/**
 * Added nodes as nodes of the graph.
 * @param by whose job added them
 * @param first the index of the first of them
 * @param indexOf of the nodes that are there, by their keys
 */
export function placed(
  { specs }: AddedNodes,
  by: { index: number; key: string },
  first: number,
  indexOf: (key: string) => number | undefined,
): NodeSpec[] {
  const mine = new Map(specs.map(({ key }, index) => [key, first + index]));
  const full = (key: string): string =>
    key === adder ? by.key : key.startsWith(own) ? prefixOf(by) + key.slice(own.length) : key;
  const source = (each: Source): Source => ('node' in each ? { ...each, node: full(each.node) } : each);
  return specs.map(({ key, node: { partOf, ...node }, from, over, names, ...spec }) => ({
    ...spec,
    key: full(key),
    node: {
      ...node,
      addedBy: by.index,
      ...(partOf === undefined ? {} : { partOf: mine.get(partOf) as number }),
      dependsOn: node.dependsOn.map((each) => {
        const on = mine.get(each.on) ?? indexOf(full(each.on));
        if (on === undefined)
          throw new Error(`node "${full(key)}" was added after "${each.on}", which is not there`);
        return { ...each, on };
      }),
    },
    ...(from === undefined ? {} : { from: mapValues(from, source) }),
    ...(over === undefined ? {} : { over: source(over) }),
    ...(names === undefined ? {} : { names: mapValues(names, full) }),
  }));
}

/** A node added by one that was added, and so on: from there on keys would get too long. */
const longestPrefix = 200;

/** What the keys of all that a node's job adds begin with. */
export function prefixOf({ index, key }: { index: number; key: string }): string {
  return key.length > longestPrefix ? `#${index}/` : `${key}/`;
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

import { type Graph, graphOf } from '../../core/workflow/graph.ts';
import type { NodesPart, StatesPart, WorkflowItem } from '../../core/workflow/item.ts';
import type { NodeSpec } from '../../core/workflow/spec.ts';
import { decodeStates, type NodeState, statesPerItem } from '../../core/workflow/states.ts';
import type { Vault } from '../vault.ts';
import type { Workflows } from '../workflows.ts';

/** A workflow as an advance works on it. */
export interface Loaded {
  tenant: string;
  id: string;
  item: WorkflowItem;
  specs: NodeSpec[];
  graph: Graph;
  states: NodeState[];
  /** As they are stored, by their index. */
  stored: StatesPart[];
}

export interface LoadDeps {
  workflows: Workflows;
  vault: Vault;
}

/** Graphs of this container's last workflows: nodes are only ever appended, so what was read once stays true. */
const kept = 20;

export function loader({ workflows, vault }: LoadDeps) {
  const cache = new Map<string, { specs: NodeSpec[]; graph: Graph }>();

  const graph = async (
    tenant: string,
    id: string,
    atLeast: number,
  ): Promise<{ specs: NodeSpec[]; graph: Graph }> => {
    const key = `${tenant}/${id}`;
    const known = cache.get(key);
    if (known !== undefined && known.specs.length >= atLeast) return known;
    const specs: NodeSpec[] = [];
    for (const part of await workflows.nodes(tenant, id))
      specs.push(...(await specsOf(vault, tenant, id, part, specs)));
    const read = { specs, graph: graphOf(specs.map(({ node }) => node)) };
    cache.delete(key);
    cache.set(key, read);
    for (const oldest of cache.keys()) {
      if (cache.size <= kept) break;
      cache.delete(oldest);
    }
    return read;
  };

  return {
    /** @param item as just read */
    async load(tenant: string, id: string, item: WorkflowItem): Promise<Loaded> {
      const [{ specs, graph: whole }, stored] = await Promise.all([
        graph(tenant, id, item.nodes),
        workflows.states(tenant, id),
      ]);
      const states = stored.flatMap(({ letters }) => decodeStates(letters));
      // Appended by an advance that died before it could write their states.
      while (states.length < specs.length) states.push('waiting');
      return { tenant, id, item, specs, graph: whole, states, stored };
    },
    /** Nodes were appended, here or elsewhere: what is known of the graph is no longer all. */
    forget(tenant: string, id: string): void {
      cache.delete(`${tenant}/${id}`);
    },
  };
}

export async function specsOf(
  vault: Vault,
  tenant: string,
  id: string,
  part: NodesPart,
  before: readonly NodeSpec[],
): Promise<NodeSpec[]> {
  if ('elementOf' in part) {
    const map = before[part.elementOf] as NodeSpec;
    return Array.from({ length: part.count }, (_, index) => elementSpec(map, part.elementOf, index));
  }
  return (await vault.open(part.sealed, sealedAs(tenant, id, part.first))) as NodeSpec[];
}

/** What the nodes from `first` on are sealed as. */
export function sealedAs(tenant: string, id: string, first: number) {
  return { tenant, jobId: id, field: 'nodes', name: String(first) } as const;
}

/** An element of a map: its job, by itself. */
export function elementSpec(map: NodeSpec, mapIndex: number, index: number): NodeSpec {
  const { over: _, when: _when, names: _names, ...rest } = map;
  const { maxConcurrency: _most, ...node } = map.node;
  return {
    ...rest,
    key: `${map.key}[${index}]`,
    node: {
      ...node,
      kind: 'job',
      dependsOn: [],
      onFailure: 'cancel',
      conditional: false,
      elementOf: mapIndex,
    },
  };
}

/** The items whose letters changed, each one revision on. */
export function changedStates(
  stored: readonly StatesPart[],
  states: readonly NodeState[],
  encode: (states: readonly NodeState[]) => string,
): StatesPart[] {
  const parts: StatesPart[] = [];
  for (let index = 0; index * statesPerItem < states.length; index++) {
    const letters = encode(states.slice(index * statesPerItem, (index + 1) * statesPerItem));
    const before = stored[index];
    if (before?.letters !== letters) parts.push({ index, letters, revision: (before?.revision ?? 0) + 1 });
  }
  return parts;
}

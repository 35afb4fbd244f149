import { type Graph, graphOf } from '../../core/workflow/graph.ts';
import { type NodesPart, partNames, type StatesPart, type WorkflowItem } from '../../core/workflow/item.ts';
import type { NodeSpec } from '../../core/workflow/spec.ts';
import {
  decodeRounds,
  decodeStates,
  encodeRounds,
  encodeStates,
  type NodeState,
  statesPerItem,
} from '../../core/workflow/states.ts';
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
  /** In which round each was last begun. */
  rounds: number[];
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
  const cache = new Map<string, { specs: NodeSpec[]; graph: Graph; patches: number }>();

  const graph = async (
    tenant: string,
    id: string,
    { nodes: atLeast, patches = [] }: WorkflowItem,
  ): Promise<{ specs: NodeSpec[]; graph: Graph }> => {
    const key = `${tenant}/${id}`;
    const known = cache.get(key);
    if (known !== undefined && known.specs.length >= atLeast && known.patches === patches.length)
      return known;
    const given = await Promise.all(patches.map((name) => patchOf(tenant, id, name)));
    const specs: NodeSpec[] = [];
    for (const part of await workflows.nodes(tenant, id))
      specs.push(...(await specsOf(vault, tenant, id, part, specs)));
    for (const [node, payload] of given.flatMap((each) => Object.entries(each))) {
      const { from: _, ...spec } = specs[Number(node)] as NodeSpec;
      specs[Number(node)] = { ...spec, payload };
    }
    const read = { specs, graph: graphOf(specs.map(({ node }) => node)), patches: patches.length };
    cache.delete(key);
    cache.set(key, read);
    for (const oldest of cache.keys()) {
      if (cache.size <= kept) break;
      cache.delete(oldest);
    }
    return read;
  };

  /** Payloads that a retry gave, by their nodes' index. */
  async function patchOf(tenant: string, id: string, name: string): Promise<Record<string, unknown>> {
    const sealed = await workflows.part(tenant, id, partNames.patch(name));
    if (sealed === undefined) throw new Error(`workflow ${id} has lost the payloads of a retry`);
    return (await vault.open(sealed, partSealedAs(tenant, id, name))) as Record<string, unknown>;
  }

  return {
    /** @param item as just read */
    async load(tenant: string, id: string, item: WorkflowItem): Promise<Loaded> {
      const [known, stored] = await Promise.all([graph(tenant, id, item), workflows.states(tenant, id)]);
      const states = stored.flatMap(({ letters }) => decodeStates(letters));
      // Appended elsewhere, their states written, and not yet said on the item: what is known here is too short.
      const nodes = Math.max(item.nodes, states.length);
      const { specs, graph: whole } =
        known.specs.length >= nodes ? known : await graph(tenant, id, { ...item, nodes });
      // Appended by an advance that died before it could write their states.
      while (states.length < specs.length) states.push('waiting');
      const rounds = stored.flatMap((part) =>
        part.rounds === undefined ? Array.from(part.letters, () => 0) : decodeRounds(part.rounds),
      );
      while (rounds.length < specs.length) {
        const map = specs[rounds.length]?.node.elementOf;
        rounds.push(map === undefined ? 0 : (rounds[map] ?? 0));
      }
      return { tenant, id, item, specs, graph: whole, states, rounds, stored };
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
    const known = before.filter(({ node }) => node.elementOf === part.elementOf).length;
    return Array.from({ length: part.count }, (_, index) => elementSpec(map, part.elementOf, known + index));
  }
  return (await vault.open(part.sealed, sealedAs(tenant, id, part.first))) as NodeSpec[];
}

/** What the nodes from `first` on are sealed as. */
export function sealedAs(tenant: string, id: string, first: number) {
  return { tenant, jobId: id, field: 'nodes', name: String(first) } as const;
}

/** What a part beside the nodes is sealed as: the payloads of a retry, the callback. */
export function partSealedAs(tenant: string, id: string, name: string) {
  return { tenant, jobId: id, field: 'nodes', name: `part-${name}` } as const;
}

/** What the payload of a signal is sealed as. */
export function signalSealedAs(tenant: string, { sk, signalsFrom }: WorkflowItem, name: string) {
  const counted = signalsFrom === undefined ? name : `${name}#${signalsFrom}`;
  return { tenant, jobId: sk, field: 'signal', name: counted } as const;
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
  rounds: readonly number[] = [],
): StatesPart[] {
  const parts: StatesPart[] = [];
  for (let index = 0; index * statesPerItem < states.length; index++) {
    const [from, to] = [index * statesPerItem, (index + 1) * statesPerItem];
    const letters = encodeStates(states.slice(from, to));
    const begun = encodeRounds(rounds.slice(from, to));
    const before = stored[index];
    if (before?.letters === letters && before.rounds === begun) continue;
    const revision = (before?.revision ?? 0) + 1;
    parts.push({ index, letters, revision, ...(begun === undefined ? {} : { rounds: begun }) });
  }
  return parts;
}

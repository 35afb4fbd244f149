import { type Graph, graphOf } from '../../core/workflow/graph.ts';
import { partNames, type StatesPart, type WorkflowItem } from '../../core/workflow/item.ts';
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
import { specsOf } from './specs.ts';

/** A workflow as an advance works on it. */
export interface Loaded {
  tenant: string;
  id: string;
  item: WorkflowItem;
  specs: NodeSpec[];
  graph: Graph;
  states: NodeState[];
  /** Node → how many parts of what its job added are in. */
  added: ReadonlyMap<number, number>;
  /** In which round each was last begun. */
  rounds: number[];
  /** As they are stored, by their index. */
  stored: StatesPart[];
  /** The nodes were read just now, and not before. */
  isFresh: boolean;
}

export interface LoadDeps {
  workflows: Workflows;
  vault: Pick<Vault, 'open'>;
}

/** Graphs of this container's last workflows: nodes are only ever appended, so what was read once stays true. */
const kept = 20;

interface Known extends Pick<Loaded, 'specs' | 'graph' | 'added'> {
  /** How many retries had given payloads. */
  patches: number;
}

export function loader({ workflows, vault }: LoadDeps) {
  const cache = new Map<string, Known>();

  /** What is known of the graph, and what was appended since; all of it where nothing is known. */
  async function graphOfAll(
    tenant: string,
    id: string,
    { nodes: atLeast, patches = [] }: WorkflowItem,
  ): Promise<Known> {
    const cached = cache.get(nameOf(tenant, id));
    const known = cached?.patches === patches.length ? cached : undefined;
    if (known !== undefined && known.specs.length >= atLeast) return known;
    const given = known === undefined ? patches : [];
    const patched = await Promise.all(given.map((name) => patchOf(tenant, id, name)));
    const { specs, added } = await specsOf({ workflows, vault }, tenant, id, known);
    for (const [node, payload] of patched.flatMap((each) => Object.entries(each))) {
      const { from: _, ...spec } = specs[Number(node)] as NodeSpec;
      specs[Number(node)] = { ...spec, payload };
    }
    return keep(tenant, id, {
      specs,
      added,
      graph: graphOf(specs.map(({ node }) => node)),
      patches: patches.length,
    });
  }

  function keep(tenant: string, id: string, read: Known): Known {
    cache.delete(nameOf(tenant, id));
    cache.set(nameOf(tenant, id), read);
    for (const oldest of cache.keys()) {
      if (cache.size <= kept) break;
      cache.delete(oldest);
    }
    return read;
  }

  /** Payloads that a retry gave, by their nodes' index. */
  async function patchOf(tenant: string, id: string, name: string): Promise<Record<string, unknown>> {
    const sealed = await workflows.part(tenant, id, partNames.patch(name));
    if (sealed === undefined) throw new Error(`workflow ${id} has lost the payloads of a retry`);
    return (await vault.open(sealed, partSealedAs(tenant, id, name))) as Record<string, unknown>;
  }

  return {
    /** @param item as just read */
    async load(tenant: string, id: string, item: WorkflowItem): Promise<Loaded> {
      const before = cache.get(nameOf(tenant, id));
      const [known, stored] = await Promise.all([graphOfAll(tenant, id, item), workflows.states(tenant, id)]);
      const states = stored.flatMap(({ letters }) => decodeStates(letters));
      // Appended elsewhere, their states written, and not yet said on the item: what is known here is too short.
      const nodes = Math.max(item.nodes, states.length);
      const { specs, graph, added } =
        known.specs.length >= nodes ? known : await graphOfAll(tenant, id, { ...item, nodes });
      // Appended by an advance that died before it could write their states.
      while (states.length < specs.length) states.push('waiting');
      const rounds = stored.flatMap((part) =>
        part.rounds === undefined ? Array.from(part.letters, () => 0) : decodeRounds(part.rounds),
      );
      while (rounds.length < specs.length) {
        const map = specs[rounds.length]?.node.elementOf;
        // What a job added has not begun: when it does, it is in this round.
        rounds.push(map === undefined ? (item.round ?? 0) : (rounds[map] ?? 0));
      }
      const isFresh = specs !== before?.specs;
      return { tenant, id, item, specs, graph, added, states, rounds, stored, isFresh };
    },
    /** The nodes alone. @param item as just read */
    nodes: async (tenant: string, id: string, item: WorkflowItem) =>
      (await graphOfAll(tenant, id, item)).specs,
    /** What this process appended need not be read again. */
    keep({ tenant, id, item, specs, graph, added }: Loaded): void {
      keep(tenant, id, { specs, graph, added, patches: item.patches?.length ?? 0 });
    },
    /** Nodes were appended elsewhere: what is known of the graph is no longer all. */
    forget(tenant: string, id: string): void {
      cache.delete(nameOf(tenant, id));
    },
  };
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

function nameOf(tenant: string, id: string): string {
  return `${tenant}/${id}`;
}

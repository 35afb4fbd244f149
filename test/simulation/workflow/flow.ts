import { jobKey, type Sealed } from '../../../core/table.ts';
import type { AddedNodes } from '../../../core/workflow/added.ts';
import { type Graph, graphOf } from '../../../core/workflow/graph.ts';
import type { AddedPart, NodesPart, StatesPart, WorkflowItem } from '../../../core/workflow/item.ts';
import { jobIdOf, type Link } from '../../../core/workflow/link.ts';
import type { NodeSpec } from '../../../core/workflow/spec.ts';
import { decodeRounds, decodeStates, type NodeState } from '../../../core/workflow/states.ts';
import { elementSpec, withAdded } from '../../../functions/advance/specs.ts';
import type { workflowRows } from '../../support/memory-workflows.ts';
import type { Process } from '../process.ts';

export const tenant = 'default';
/** Generations of a node within one round. */
const perRound = 1_000;

/** What is known of one workflow beside its items. */
export interface Flow {
  id: string;
  /** Its start was answered. */
  accepted: boolean;
  /** Ids of the jobs of each node, those that undo it too. */
  jobs: Map<number, Set<string>>;
  /** Final jobs that have not told it yet, and who ended them. */
  untold: Map<string, Process>;
  /** Tokens of its that were taken and not handed back yet, and by whom. */
  wakers: Map<string, Process>;
  /** A call for it broke off, or somebody died over it: a wake-up may wait for the wait's end. */
  troubled: boolean;
  /** How each round ended. */
  ends: Map<number, string>;
  /** Rounds whose end was told. */
  calledBack: Set<number>;
  /** The keys that the job of each node was told are added. */
  added: Map<number, Set<string>>;
  /** Signals that were taken in this round. */
  signals: Set<string>;
  /** As last read, while nothing was appended. */
  graph?: { specs: NodeSpec[]; graph: Graph };
}

export function newFlow(id: string): Flow {
  return {
    id,
    accepted: false,
    jobs: new Map(),
    untold: new Map(),
    wakers: new Map(),
    troubled: false,
    ends: new Map(),
    calledBack: new Set(),
    added: new Map(),
    signals: new Set(),
  };
}

export type Stored = ReturnType<typeof workflowRows>;

export function itemOf({ items }: Stored, id: string): WorkflowItem | undefined {
  return items.get(`${tenant}/${id}`);
}

/** States and rounds of all nodes, as they are stored; `said`: of so many. */
export function statesOf(
  stored: Stored,
  flow: Flow,
): { states: NodeState[]; rounds: number[]; said: number } {
  const parts = partsOf<StatesPart>(stored, flow.id, 'states#');
  const states = parts.flatMap(({ letters }) => decodeStates(letters));
  const rounds = parts.flatMap((part) =>
    part.rounds === undefined ? [...part.letters].map(() => 0) : decodeRounds(part.rounds),
  );
  const { specs } = graphIn(stored, flow);
  const said = states.length;
  while (states.length < specs.length) states.push('waiting');
  while (rounds.length < specs.length) rounds.push(0);
  return { states, rounds, said };
}

/** The nodes as they are stored: sealed values of the simulation are plain. */
export function graphIn(stored: Stored, flow: Flow): { specs: NodeSpec[]; graph: Graph } {
  const parts = partsOf<NodesPart>(stored, flow.id, 'nodes#');
  const count = parts.reduce((sum, each) => sum + each.count, 0);
  if (flow.graph?.specs.length === count) return flow.graph;
  let specs: NodeSpec[] = [];
  for (const part of parts) {
    if ('sealed' in part) specs.push(...(JSON.parse(Buffer.from(part.sealed.data).toString()) as NodeSpec[]));
    else if ('added' in part)
      specs = withAdded({ specs, added: new Map() }, part.added, addedIn(stored, flow)).specs;
    else if ('elementOf' in part) {
      const map = specs[part.elementOf] as NodeSpec;
      const known = specs.filter(({ node }) => node.elementOf === part.elementOf).length;
      for (let index = 0; index < part.count; index++)
        specs.push(elementSpec(map, part.elementOf, known + index));
    }
  }
  flow.graph = { specs, graph: graphOf(specs.map(({ node }) => node)) };
  return flow.graph;
}

/** What jobs have added to a workflow, by its name. */
function addedIn(stored: Stored, { id }: Flow): Map<string, AddedNodes> {
  return new Map(
    partsOf<AddedPart>(stored, id, 'added#').map(({ by, nth, sealed }) => [
      `${by}#${nth}`,
      JSON.parse(Buffer.from((sealed as Sealed).data).toString()),
    ]),
  );
}

function partsOf<T>({ parts }: Stored, id: string, prefix: string): T[] {
  return [...(parts.get(`${tenant}/${id}`) ?? [])]
    .filter(([name]) => name.startsWith(prefix))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, part]) => part as T);
}

/** The id of the job that a node has now, or that undoes it now. */
export function jobOf(
  flow: Flow,
  item: WorkflowItem,
  rounds: readonly number[],
  node: number,
  undo: boolean,
) {
  const again = item.generations?.[undo ? `u${node}` : String(node)] ?? 0;
  const generation = (rounds[node] ?? 0) * perRound + again;
  const link: Link = { workflow: flow.id, node, generation, undo };
  return { id: jobIdOf(tenant, link), key: jobKey(tenant, jobIdOf(tenant, link)), generation };
}

export function roundOf({ generation }: Pick<Link, 'generation'>): number {
  return Math.floor(generation / perRound);
}

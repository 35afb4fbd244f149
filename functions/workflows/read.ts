import type { JobStore } from '../../core/change.ts';
import { checkQuery, flatQuery } from '../../core/list.ts';
import { jobKey } from '../../core/table.ts';
import { getWorkflowQuery, type WorkflowNodeView, type WorkflowWithNodes } from '../../core/workflow/api.ts';
import { criticalPath, type NodeTimes } from '../../core/workflow/critical.ts';
import type { NodeState } from '../../core/workflow/states.ts';
import { type Loaded, loader } from '../advance/load.ts';
import { nodeJobId } from '../advance/results.ts';
import type { ApiAnswer, ApiRequest } from '../http.ts';
import type { Vault } from '../vault.ts';
import type { Workflows } from '../workflows.ts';
import { findWorkflow } from './find.ts';
import { type NodeJobs, nodeView } from './node-view.ts';
import { viewOf } from './view.ts';

export interface ReadDeps {
  workflows: Workflows;
  vault: Pick<Vault, 'open'>;
  store: Pick<JobStore, 'get'>;
}

/** Above so many nodes only those are looked up that did not end well or have not ended: a read unit each. */
const allTimings = 1_000;
/** Lambda answers with 6 MB at the most. */
const mostNodeBytes = 5_000_000;

/** GET /v1/workflows/{id}: the workflow, and every node with its state, its job and its times; or, if asked so, without. */
export function readWorkflow(deps: ReadDeps) {
  const graphs = loader(deps);
  return async (request: ApiRequest): Promise<ApiAnswer> => {
    const query = checkQuery(getWorkflowQuery, flatQuery(request.query));
    if (!query.ok) return query;
    const found = await findWorkflow(deps.workflows, request);
    if ('problem' in found) return found;
    const { item } = found;
    if (query.value.nodes === 'false') return { status: 200, body: viewOf(item) };
    const loaded = await graphs.load(request.tenant, request.id, item);
    const jobs = await jobsOf(deps.store, loaded);
    const isWhole = (node: number) =>
      loaded.specs.length <= allTimings || loaded.states[node] !== 'completed';
    const nodes = loaded.specs.map((_, node) => nodeView(loaded, node, jobs.get(node) ?? {}, isWhole(node)));
    const body: WorkflowWithNodes = {
      ...viewOf(item, loaded.states),
      ...fitting(nodes, mostNodeBytes),
      ...pathOf(loaded, jobs),
    };
    return { status: 200, body };
  };
}

/**
 * As many nodes as an answer carries, in their order: what has ended well is left out first.
 * @param most bytes of JSON
 */
export function fitting(
  nodes: readonly WorkflowNodeView[],
  most: number,
): Pick<WorkflowWithNodes, 'nodes' | 'nodes_left_out'> {
  let left = most;
  const fits = new Set<number>();
  const sized = nodes.map((node, index) => ({ index, node, bytes: JSON.stringify(node).length + 1 }));
  const isDull = ({ node }: { node: WorkflowNodeView }) =>
    node.status === 'completed' || node.status === 'skipped';
  for (const { index, bytes } of [...sized.filter((each) => !isDull(each)), ...sized.filter(isDull)]) {
    left -= bytes;
    if (left < 0) break;
    fits.add(index);
  }
  if (fits.size === nodes.length) return { nodes: [...nodes] };
  return { nodes: nodes.filter((_, index) => fits.has(index)), nodes_left_out: nodes.length - fits.size };
}

async function jobsOf(store: ReadDeps['store'], loaded: Loaded): Promise<Map<number, NodeJobs>> {
  const { specs, states, tenant } = loaded;
  const few = specs.length <= allTimings;
  const wanted = specs.flatMap(({ node }, index): { index: number; undo: boolean }[] => {
    const state = states[index] as NodeState;
    if (node.kind !== 'job' || state === 'waiting') return [];
    const own = few || state !== 'completed' ? [{ index, undo: false }] : [];
    return undoStates.has(state) ? [...own, { index, undo: true }] : own;
  });
  const keys = wanted.map(({ index, undo }) => jobKey(tenant, nodeJobId(loaded, index, undo)));
  const records = await store.get(keys);
  const jobs = new Map<number, NodeJobs>();
  for (const [place, { index, undo }] of wanted.entries()) {
    const record = records[place];
    if (record !== undefined) jobs.set(index, { ...jobs.get(index), [undo ? 'undo' : 'own']: record });
  }
  return jobs;
}

const undoStates: ReadonlySet<NodeState> = new Set(['compensating', 'compensated', 'compensation_failed']);

function pathOf({ specs, graph }: Loaded, jobs: Map<number, NodeJobs>): { critical_path?: string[] } {
  if (specs.length > allTimings) return {};
  const times = specs.map((_, node): NodeTimes => {
    const { startedAt, finishedAt } = jobs.get(node)?.own ?? {};
    return {
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(finishedAt === undefined ? {} : { finishedAt }),
    };
  });
  return { critical_path: criticalPath(graph, times).map((node) => specs[node]?.key ?? '') };
}

import type { JobStore } from '../../core/change.ts';
import { checkQuery, flatQuery } from '../../core/list.ts';
import { type JobRecord, jobKey } from '../../core/table.ts';
import { viewOf as jobViewOf, rfc3339 } from '../../core/view.ts';
import { getWorkflowQuery, type WorkflowNodeView, type WorkflowWithNodes } from '../../core/workflow/api.ts';
import { criticalPath, type NodeTimes } from '../../core/workflow/critical.ts';
import { isEnded } from '../../core/workflow/states.ts';
import { type Loaded, loader } from '../advance/load.ts';
import { nodeJobId } from '../advance/results.ts';
import type { ApiAnswer, ApiRequest } from '../http.ts';
import type { Vault } from '../vault.ts';
import type { Workflows } from '../workflows.ts';
import { findWorkflow } from './find.ts';
import { viewOf } from './view.ts';

export interface ReadDeps {
  workflows: Workflows;
  vault: Vault;
  store: JobStore;
}

/** Above so many nodes only those are looked up that did not end well or have not ended: a read unit each. */
const allTimings = 1_000;

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
    const records = await recordsOf(deps.store, loaded);
    const nodes = loaded.specs.map((_, node) => nodeView(loaded, node, records.get(node)));
    const body: WorkflowWithNodes = { ...viewOf(item, loaded.states), nodes, ...pathOf(loaded, records) };
    return { status: 200, body };
  };
}

async function recordsOf(store: JobStore, loaded: Loaded): Promise<Map<number, JobRecord>> {
  const { specs, states } = loaded;
  const few = specs.length <= allTimings;
  const nodes = specs.flatMap(({ node }, index) =>
    node.kind === 'job' && states[index] !== 'waiting' && (few || states[index] !== 'completed')
      ? [index]
      : [],
  );
  const records = await store.get(nodes.map((node) => jobKey(loaded.tenant, nodeJobId(loaded, node))));
  return new Map(
    nodes.flatMap((node, index) =>
      records[index] === undefined ? [] : [[node, records[index] as JobRecord]],
    ),
  );
}

function pathOf({ specs, graph }: Loaded, records: Map<number, JobRecord>): { critical_path?: string[] } {
  if (specs.length > allTimings) return {};
  const times = specs.map((_, node): NodeTimes => {
    const { startedAt, finishedAt } = records.get(node) ?? {};
    return {
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(finishedAt === undefined ? {} : { finishedAt }),
    };
  });
  return { critical_path: criticalPath(graph, times).map((node) => specs[node]?.key ?? '') };
}

/** What a waiting node waits for: nodes that have not ended, or room in its map. */
function waitsFor({ specs, states, item }: Loaded, index: number): { waits_for?: string[] } {
  if (item.status !== 'running' || states[index] !== 'waiting') return {};
  const { dependsOn, elementOf, addedBy } = (specs[index] as (typeof specs)[number]).node;
  const adder = addedBy !== undefined && states[addedBy] === 'waiting' ? [addedBy] : [];
  const parents = dependsOn.map(({ on }) => on).filter((on) => !isEnded(states[on] ?? 'waiting'));
  const open = elementOf === undefined ? new Set([...parents, ...adder]) : [elementOf];
  return { waits_for: [...open].map((on) => specs[on]?.key ?? '') };
}

function nodeView(loaded: Loaded, index: number, record: JobRecord | undefined): WorkflowNodeView {
  const { specs, states, item } = loaded;
  const spec = specs[index] as (typeof specs)[number];
  const job = record === undefined || record.status === 'void' ? undefined : jobViewOf(record);
  const cause = item.causes?.[index];
  const deadline = item.deadlines?.[index];
  return {
    key: spec.key,
    kind: spec.node.kind,
    status: states[index] ?? 'waiting',
    ...(spec.job === undefined ? {} : { type: spec.job.type }),
    ...(spec.node.kind === 'job' && states[index] !== 'waiting' ? { job_id: nodeJobId(loaded, index) } : {}),
    depends_on: spec.node.dependsOn.map(({ on }) => specs[on]?.key ?? ''),
    ...(spec.node.addedBy === undefined ? {} : { added_by: specs[spec.node.addedBy]?.key ?? '' }),
    ...waitsFor(loaded, index),
    ...(spec.signal === undefined ? {} : { signal: spec.signal.name }),
    ...(deadline === undefined || states[index] !== 'running' ? {} : { deadline: rfc3339(deadline) }),
    ...(job?.started_at === undefined ? {} : { started_at: job.started_at }),
    ...(job?.finished_at === undefined ? {} : { finished_at: job.finished_at }),
    ...(cause === undefined ? {} : { cause }),
    ...(job?.last_error === undefined ? {} : { last_error: job.last_error }),
  };
}

import type { JobStore } from '../../core/change.ts';
import { isJobId } from '../../core/id.ts';
import { problem } from '../../core/problem.ts';
import { type JobRecord, jobKey } from '../../core/table.ts';
import { viewOf as jobViewOf } from '../../core/view.ts';
import type { WorkflowNodeView } from '../../core/workflow/api.ts';
import { type Loaded, loader } from '../advance/load.ts';
import { nodeJobId } from '../advance/results.ts';
import type { ApiAnswer, ApiRequest } from '../http.ts';
import type { Vault } from '../vault.ts';
import type { Workflows } from '../workflows.ts';
import { viewOf } from './view.ts';

export interface ReadDeps {
  workflows: Workflows;
  vault: Vault;
  store: JobStore;
}

/** Above so many nodes only those are looked up that did not end well or have not ended: a read unit each. */
const allTimings = 1_000;

/** GET /v1/workflows/{id}: the workflow, and every node with its state, its job and its times. */
export function readWorkflow(deps: ReadDeps) {
  const graphs = loader(deps);
  return async ({ tenant, id }: ApiRequest): Promise<ApiAnswer> => {
    const item = isJobId(id) ? await deps.workflows.get(tenant, id) : undefined;
    if (item === undefined) return { problem: problem('not_found', 'there is no such workflow') };
    const loaded = await graphs.load(tenant, id, item);
    const records = await recordsOf(deps.store, loaded);
    const nodes = loaded.specs.map((_, node) => nodeView(loaded, node, records.get(node)));
    return { status: 200, body: { ...viewOf(item, loaded.states), nodes } };
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

function nodeView(loaded: Loaded, index: number, record: JobRecord | undefined): WorkflowNodeView {
  const { specs, states, item } = loaded;
  const spec = specs[index] as (typeof specs)[number];
  const job = record === undefined || record.status === 'void' ? undefined : jobViewOf(record);
  const cause = item.causes?.[index];
  return {
    key: spec.key,
    kind: spec.node.kind,
    status: states[index] ?? 'waiting',
    ...(spec.job === undefined ? {} : { type: spec.job.type }),
    ...(spec.node.kind === 'job' && states[index] !== 'waiting' ? { job_id: nodeJobId(loaded, index) } : {}),
    depends_on: spec.node.dependsOn.map(({ on }) => specs[on]?.key ?? ''),
    ...(job?.started_at === undefined ? {} : { started_at: job.started_at }),
    ...(job?.finished_at === undefined ? {} : { finished_at: job.finished_at }),
    ...(cause === undefined ? {} : { cause }),
    ...(job?.last_error === undefined ? {} : { last_error: job.last_error }),
  };
}

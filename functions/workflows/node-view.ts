import type { JobRecord } from '../../core/table.ts';
import { viewOf as jobViewOf, rfc3339 } from '../../core/view.ts';
import type { WorkflowNodeView } from '../../core/workflow/api.ts';
import { isEnded, type NodeState } from '../../core/workflow/states.ts';
import { whyOf } from '../../core/workflow/why.ts';
import type { Loaded } from '../advance/load.ts';
import { generationKey, nodeJobId } from '../advance/results.ts';

/** The jobs of a node, as far as they were looked up. */
export interface NodeJobs {
  own?: JobRecord;
  /** What undoes it. */
  undo?: JobRecord;
}

/** A node as the API shows it. @param isWhole its jobs were looked up: what is missing is not stored */
export function nodeView(loaded: Loaded, index: number, jobs: NodeJobs, isWhole: boolean): WorkflowNodeView {
  const { specs, states, item } = loaded;
  const spec = specs[index] as (typeof specs)[number];
  const job = shown(jobs.own);
  const hasJob = spec.node.kind === 'job' && (isWhole ? job !== undefined : states[index] !== 'waiting');
  const cause = item.causes?.[index] ?? whyOf(loaded, index) ?? ownCause(states[index], jobs.own);
  const deadline = item.deadlines?.[index];
  return {
    key: spec.key,
    kind: spec.node.kind,
    status: states[index] ?? 'waiting',
    ...(spec.job === undefined ? {} : { type: spec.job.type }),
    ...(hasJob ? { job_id: nodeJobId(loaded, index) } : {}),
    depends_on: spec.node.dependsOn.map(({ on }) => specs[on]?.key ?? ''),
    ...(spec.node.addedBy === undefined ? {} : { added_by: specs[spec.node.addedBy]?.key ?? '' }),
    ...waitsFor(loaded, index),
    ...(spec.signal === undefined ? {} : { signal: spec.signal.name }),
    ...(deadline === undefined || states[index] !== 'running' ? {} : { deadline: rfc3339(deadline) }),
    ...(job?.started_at === undefined ? {} : { started_at: job.started_at }),
    ...(job?.finished_at === undefined ? {} : { finished_at: job.finished_at }),
    ...(cause === undefined ? {} : { cause }),
    ...(job?.last_error === undefined ? {} : { last_error: job.last_error }),
    ...compensationOf(loaded, index, shown(jobs.undo)),
  };
}

/** A job that a person cancelled by itself has no error. */
function ownCause(state: NodeState | undefined, job: JobRecord | undefined): string | undefined {
  return state === 'failed' && job?.status === 'cancelled' ? 'its job was cancelled' : undefined;
}

function shown(record: JobRecord | undefined) {
  return record === undefined || record.status === 'void' ? undefined : jobViewOf(record);
}

function compensationOf(
  loaded: Loaded,
  index: number,
  job: ReturnType<typeof shown>,
): Pick<WorkflowNodeView, 'compensation'> {
  const cause = loaded.item.causes?.[generationKey(index, true)];
  if (job === undefined && cause === undefined) return {};
  return {
    compensation: {
      ...(job === undefined ? {} : { job_id: job.id }),
      ...(cause === undefined ? {} : { cause }),
      ...(job?.last_error === undefined ? {} : { last_error: job.last_error }),
    },
  };
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

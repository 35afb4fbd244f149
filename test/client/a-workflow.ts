import type { WorkflowNodeView, WorkflowView } from '../../core/workflow/api.ts';

export const workflowId = '019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e11';

/** A workflow that runs, as the API shows it. */
export function aWorkflow(fields: Partial<WorkflowView> = {}): WorkflowView {
  return {
    id: workflowId,
    tenant: 'default',
    status: 'running',
    phase: 'forward',
    tags: [],
    created_at: '2026-11-22T03:00:00.000Z',
    created_by: 'arn:aws:iam::000000000000:root',
    advances: 1,
    node_counts: { waiting: 1 },
    ...fields,
  };
}

/** A node that waits, as the API shows it. */
export function aNode(key: string, fields: Partial<WorkflowNodeView> = {}): WorkflowNodeView {
  return { key, kind: 'job', status: 'waiting', type: 'echo', depends_on: [], ...fields };
}

import { boundsOf, checkQuery, flatQuery, type ListBounds } from '../list.ts';
import type { Checked } from '../problem.ts';
import { listWorkflowsQuery } from './api.ts';
import type { WorkflowItem } from './item.ts';

export interface WorkflowFilter extends ListBounds {
  status?: string;
  tags: string[];
}

/** Reads the query of a list of workflows, as that of jobs is read. */
export function workflowFilterOf(query: Record<string, string[]>): Checked<WorkflowFilter> {
  const checked = checkQuery(listWorkflowsQuery, flatQuery(query));
  if (!checked.ok) return checked;
  const { status, tag = [] } = checked.value;
  const bounds = boundsOf(checked.value);
  if (!bounds.ok) return bounds;
  return { ok: true, value: { ...(status === undefined ? {} : { status }), tags: tag, ...bounds.value } };
}

export function isListed(item: WorkflowItem, { status, tags }: WorkflowFilter): boolean {
  return (status === undefined || item.status === status) && tags.every((tag) => item.tags?.includes(tag));
}

import { isJobId } from '../../core/id.ts';
import { type Problem, problem } from '../../core/problem.ts';
import type { WorkflowItem } from '../../core/workflow/item.ts';
import type { ApiRequest } from '../http.ts';
import type { Workflows } from '../workflows.ts';

/** The workflow of the path, or why there is none: unknown and another tenant's look the same. */
export async function findWorkflow(
  workflows: Workflows,
  { tenant, id }: ApiRequest,
): Promise<{ item: WorkflowItem } | { problem: Problem }> {
  const item = isJobId(id) ? await workflows.get(tenant, id) : undefined;
  if (item === undefined)
    return { problem: problem('not_found', `tenant "${tenant}" has no workflow "${id.slice(0, 64)}"`) };
  return { item };
}

/** @param allowed in which statuses it could be done, and what */
export function notWhile({ status }: Pick<WorkflowItem, 'status'>, allowed: string): { problem: Problem } {
  return { problem: problem('invalid_transition', `the workflow is ${status}; ${allowed}`) };
}

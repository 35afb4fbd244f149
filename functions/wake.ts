import type { WorkflowItem } from '../core/workflow/item.ts';
import { type Executions, goOn, type Workflows } from './workflows.ts';

export interface WakeDeps {
  workflows: Pick<Workflows, 'raise' | 'returnToken'>;
  executions: Pick<Executions, 'handBack'>;
}

/**
 * Adds news to a workflow, and wakes its execution if it waits. Throws when either could not be done: called again, it
 * does what is left. For that the token is put back that could not be handed back: whoever tells next finds it.
 * @param phase only while it is in this one
 * @returns false if there is no such workflow, or it has ended
 */
export async function wake(
  { workflows, executions }: WakeDeps,
  tenant: string,
  id: string,
  news: readonly string[],
  phase?: WorkflowItem['phase'],
): Promise<boolean> {
  const raised = await workflows.raise(tenant, id, news, phase);
  if (raised?.token === undefined) return raised !== undefined;
  const { token } = raised;
  await executions.handBack(token, goOn()).catch(async (error: unknown) => {
    await workflows.returnToken(tenant, id, token);
    throw error;
  });
  return true;
}

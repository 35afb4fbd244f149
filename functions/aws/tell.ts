import type { Tell } from '../tell.ts';

let loading: Promise<Tell> | undefined;

/** Tells workflows; what it takes is loaded when the first job of a workflow ends: plain jobs never pay for it. */
export function tellLater(table: string): Tell {
  return async (records) => {
    loading ??= load(table);
    await (await loading)(records);
  };
}

async function load(table: string): Promise<Tell> {
  const [{ tellWorkflows }, { workflowStore }, { executions }] = await Promise.all([
    import('../tell.ts'),
    import('./workflows.ts'),
    import('./executions.ts'),
  ]);
  // It only hands tokens back, and a token knows its execution.
  return tellWorkflows({ workflows: workflowStore(table, async () => {}), executions: executions('') });
}

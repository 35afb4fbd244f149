import type { Tell } from '../tell.ts';

let loading: Promise<Tell> | undefined;

/** Tells workflows; what it takes is loaded when the first job of a workflow ends: plain jobs never pay for it. */
export function tellLater(table: string): Tell {
  return async (records) => {
    loading ??= load(table);
    await (await loading)(records);
  };
}

/** The same for whoever has no message to give back: what could not be told, the workflow's next timeout finds out. */
export function tellOrLog(table: string, onError: (message: string, error: unknown) => void): Tell {
  const tell = tellLater(table);
  return (records) =>
    tell(records).catch((error: unknown) =>
      onError('a workflow could not be told that its job ended', error),
    );
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

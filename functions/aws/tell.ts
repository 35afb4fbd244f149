import type { Lanes } from '../lanes.ts';
import type { LookDeps } from '../look.ts';
import type { Tell } from '../tell.ts';

/** What telling takes beside the table of workflows: jobs that wait for others are handed over at once. */
type TellDeps = LookDeps & { lanes: Pick<Lanes, 'deliver'> };

let loading: Promise<Tell> | undefined;

/** Tells workflows, and jobs that wait; what that takes is loaded when the first such job ends: plain jobs never pay for it. */
export function tellLater(table: string, deps: TellDeps): Tell {
  return async (records) => {
    const ofWorkflows = records.filter((each) => each.workflow !== undefined);
    await Promise.all([tellThem(table, ofWorkflows), tellWaitingLater(deps)(records)]);
  };
}

/** Tells jobs that wait for these. */
function tellWaitingLater(deps: TellDeps): Tell {
  return async (records) => {
    const awaited = records.filter((each) => each.watchers !== undefined);
    if (awaited.length > 0) await (await import('../look.ts')).tellWaiting(deps)(awaited);
  };
}

/** The same for whoever has no message to give back: what could not be told, timeouts and entries find out. */
export function tellOrLog(table: string, deps: TellDeps, onError: OnError): Tell {
  return orLog(tellLater(table, deps), onError);
}

/** Tells jobs alone: for advance, which knows itself what became of its own. */
export function tellWaitingOrLog(deps: TellDeps, onError: OnError): Tell {
  return orLog(tellWaitingLater(deps), onError);
}

type OnError = (message: string, error: unknown) => void;

function orLog(tell: Tell, onError: OnError): Tell {
  return (records) =>
    tell(records).catch((error: unknown) =>
      onError('who waits for a job that ended could not be told', error),
    );
}

async function tellThem(table: string, records: Parameters<Tell>[0]): Promise<void> {
  if (records.length === 0) return;
  loading ??= load(table);
  await (await loading)(records);
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

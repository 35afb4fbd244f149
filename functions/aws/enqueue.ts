import { contracts } from '../../jobs/contracts.ts';
import { queues } from '../../jobs/queues.ts';
import { signals } from '../../jobs/signals.ts';
import type { EnqueueDeps, EnqueueOf } from '../work/enqueue.ts';

/**
 * `job.enqueue`: what it takes is loaded when a job first adds nodes. Plain jobs never pay for it.
 * @param table the control table
 */
export function enqueueLater(
  table: string,
  deps: Pick<EnqueueDeps, 'vault' | 'now'>,
  sleep: (ms: number) => Promise<void>,
): EnqueueOf {
  let loading: Promise<EnqueueOf> | undefined;

  async function load(): Promise<EnqueueOf> {
    const [{ enqueueOf }, { workflowStore }, { executions }] = await Promise.all([
      import('../work/enqueue.ts'),
      import('./workflows.ts'),
      import('./executions.ts'),
    ]);
    const catalogue = { queues, contracts, signals: signals.map(({ name }) => name) };
    // It only hands tokens back, and a token knows its execution.
    return enqueueOf({
      ...deps,
      workflows: workflowStore(table, sleep),
      executions: executions(''),
      catalogue,
    });
  }

  return (record, signal) => {
    let enqueue: Promise<ReturnType<EnqueueOf>> | undefined;
    return async (nodes) => {
      loading ??= load();
      enqueue ??= loading.then((enqueueOf) => enqueueOf(record, signal));
      await (await enqueue)(nodes);
    };
  };
}

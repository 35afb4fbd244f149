import { randomUUID } from 'node:crypto';
import type { WorkflowRequest } from '../../core/workflow/api.ts';
import type { NodeRequest } from '../../core/workflow/request.ts';
import type { Call, Keyed } from '../client.ts';
import type { Patience } from '../retry.ts';

export type StartOptions = Omit<WorkflowRequest, 'nodes'> & Keyed;

/** Between two looks at a workflow that is waited for: each reads a record for every node that has a job. */
const lookPauseMs = 1_000;

/** The calls about workflows: `client.workflows`. */
export function workflowCalls(call: Call, { now, sleep }: Pick<Patience, 'now' | 'sleep'>) {
  const get = (id: string) => call('getWorkflow', { id });
  return {
    /** Starts what `workflow()` built, or nodes as the API takes them. */
    start: (
      { nodes }: { nodes: readonly NodeRequest[] },
      { idempotencyKey = randomUUID(), ...options }: StartOptions = {},
    ) => call('startWorkflow', { body: { nodes, ...options }, idempotencyKey }),
    /** The workflow with its nodes. */
    get,
    /** Looks until it has ended or the deadline is over; the answer's `status` says which. */
    async wait(id: string, { deadlineSeconds = 900 }: { deadlineSeconds?: number } = {}) {
      const deadline = now() + deadlineSeconds * 1000;
      for (;;) {
        const found = await get(id);
        const leftMs = deadline - now();
        if (found.status !== 'running' || leftMs <= 0) return found;
        await sleep(Math.min(lookPauseMs, leftMs));
      }
    },
  };
}

import { randomUUID } from 'node:crypto';
import type * as z from 'zod/mini';
import type { SignalContract } from '../../core/define.ts';
import type {
  listWorkflowsQuery,
  retryWorkflowRequest,
  WorkflowList,
  WorkflowRequest,
  WorkflowView,
  WorkflowWithNodes,
} from '../../core/workflow/api.ts';
import type { NodeRequest } from '../../core/workflow/request.ts';
import type { Call, Keyed } from '../client.ts';
import type { Patience } from '../retry.ts';

export type StartOptions = Omit<WorkflowRequest, 'nodes'> & Keyed;

export type ListWorkflowsQuery = z.infer<typeof listWorkflowsQuery>;

/** Between two looks at a workflow that is waited for. */
const lookPauseMs = 1_000;

/** The calls about workflows: `client.workflows`. */
export function workflowCalls(call: Call, { now, sleep }: Pick<Patience, 'now' | 'sleep'>) {
  const get = async (id: string) => (await call('getWorkflow', { id })) as WorkflowWithNodes;
  const summary = (id: string): Promise<WorkflowView> =>
    call('getWorkflow', { id, query: { nodes: 'false' } });

  /** One page, newest first, as of jobs. */
  const listPage = (filters: ListWorkflowsQuery = {}) => call('listWorkflows', { query: filters });

  /** All pages from `filters.cursor` on. */
  async function* list(filters: ListWorkflowsQuery = {}): AsyncGenerator<WorkflowList, void> {
    let { cursor } = filters;
    do {
      const page = await listPage({ ...filters, ...(cursor === undefined ? {} : { cursor }) });
      yield page;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /** Sends what nodes wait for, now or later; a contract checks the payload's type. The first of a name stands. */
  function signal<P extends z.core.$ZodType>(
    id: string,
    contract: SignalContract<string, P>,
    payload: z.core.input<P>,
  ): ReturnType<typeof send>;
  function signal(id: string, name: string, payload: unknown): ReturnType<typeof send>;
  function signal(id: string, of: string | { name: string }, payload: unknown) {
    return send(id, typeof of === 'string' ? of : of.name, payload);
  }
  const send = (id: string, name: string, payload: unknown) =>
    call('sendSignal', { id, name, body: { payload } });

  return {
    /** Starts what `workflow()` built, or nodes as the API takes them. */
    start: (
      { nodes }: { nodes: readonly NodeRequest[] },
      { idempotencyKey = randomUUID(), ...options }: StartOptions = {},
    ) => call('startWorkflow', { body: { nodes, ...options }, idempotencyKey }),
    /** The workflow with its nodes: a read for each that has a job. */
    get,
    /** The workflow without its nodes: one read. */
    summary,
    list,
    listPage,
    /** Nothing more starts, what runs is told to stop: `wait` for its end. */
    cancel: (id: string) => call('cancelWorkflow', { id }),
    /** Begins an ended workflow anew: what did not end well, or with `mode: 'all'` all of it. */
    retry: (id: string, body?: z.infer<typeof retryWorkflowRequest>) => call('retryWorkflow', { id, body }),
    signal,
    /** Looks until it has ended or the deadline is over; the answer's `status` says which. */
    async wait(id: string, { deadlineSeconds = 900 }: { deadlineSeconds?: number } = {}) {
      const deadline = now() + deadlineSeconds * 1000;
      for (;;) {
        const { status } = await summary(id);
        const leftMs = deadline - now();
        if (status !== 'running' || leftMs <= 0) return get(id);
        await sleep(Math.min(lookPauseMs, leftMs));
      }
    },
  };
}

import { expect } from 'vitest';
import type { WorkflowNodeView, WorkflowView, WorkflowWithNodes } from '../../core/workflow/api.ts';
import type { Api } from './api.ts';

/** Nodes as they are posted, and workflows as they are followed through the API. */

export const echo = (key: string, more: object = {}) => ({
  key,
  type: 'echo',
  payload: { message: key },
  ...more,
});

export const hook = (key: string, url: string, more: object = {}) => ({
  key,
  type: 'webhook.deliver',
  payload: { url, body: key },
  ...more,
});

export const nodeOf = ({ nodes }: WorkflowWithNodes, key: string) =>
  nodes.find((each) => each.key === key) as WorkflowNodeView;

const pauseMs = 300;

export function workflowsOf(api: Api) {
  async function read(id: string): Promise<WorkflowWithNodes> {
    return (await api.call('getWorkflow', { id })).body;
  }

  /** Without its nodes: to read them all each time would be what the test does most. */
  async function summary(id: string): Promise<WorkflowView> {
    return (await api.call('getWorkflow', { id, query: { nodes: 'false' } })).body;
  }

  return {
    read,
    summary,
    /** @returns its id */
    async started(nodes: readonly unknown[]): Promise<string> {
      const { status, body } = await api.call('startWorkflow', { body: { nodes } });
      expect([status, body]).toEqual([201, expect.anything()]);
      return body.id;
    },
    /** The workflow once it has ended. */
    async ended(id: string, withinMs = 120_000): Promise<WorkflowWithNodes> {
      const deadline = performance.now() + withinMs;
      for (;;) {
        const { status, node_counts } = await summary(id);
        if (status !== 'running') return read(id);
        if (performance.now() > deadline)
          throw new Error(`workflow ${id} did not end within ${withinMs} ms: ${JSON.stringify(node_counts)}`);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    },
  };
}

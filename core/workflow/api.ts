import * as z from 'zod/mini';
import { job } from '../api.ts';
import { workflowEnds } from './advance.ts';
import { maxNodes, maxTimeoutSeconds, nodeRequest } from './request.ts';
import { nodeStates } from './states.ts';

/** The shapes of the workflow routes. */

export const maxWorkflowBytes = 4 * 1024 * 1024;

const tag = z.string().check(z.regex(/^[\s\S]{1,32}$/u, 'must have 1 to 32 characters'));
const timeout = z.int().check(z.minimum(1), z.maximum(maxTimeoutSeconds));

/** Nodes are checked one by one, so that every fault is found at once. */
export const workflowRequest = z.strictObject({
  nodes: z.array(z.unknown()).check(z.minLength(1), z.maxLength(maxNodes)),
  timeout_seconds: z.optional(timeout),
  tags: z.optional(z.array(tag).check(z.maxLength(8))),
});

/** As the document describes it. */
export const workflowDocument = z.strictObject({
  nodes: z.array(nodeRequest).check(z.minLength(1), z.maxLength(maxNodes)),
  timeout_seconds: z.optional(timeout),
  tags: z.optional(z.array(tag).check(z.maxLength(8))),
});

const moment = z.string();

export const workflowNode = z.object({
  key: z.string(),
  kind: z.enum(['job', 'signal', 'map', 'join']),
  status: z.enum(nodeStates),
  type: z.optional(z.string()),
  job_id: z.optional(z.string()),
  depends_on: z.array(z.string()),
  started_at: z.optional(moment),
  finished_at: z.optional(moment),
  /** Why it failed, where its job cannot say so. */
  cause: z.optional(z.string()),
  /** Of a job: its last failure. */
  last_error: job.shape.last_error,
});

export const workflow = z.object({
  id: z.string(),
  tenant: z.string(),
  status: z.enum(['running', ...workflowEnds]),
  tags: z.array(z.string()),
  created_at: moment,
  finished_at: z.optional(moment),
  timeout_at: z.optional(moment),
  created_by: z.string(),
  /** Times it was advanced. */
  advances: z.int(),
  node_counts: z.record(z.string(), z.int()),
});

export const workflowWithNodes = z.extend(workflow, { nodes: z.array(workflowNode) });

export type WorkflowRequest = z.infer<typeof workflowRequest>;
export type WorkflowView = z.infer<typeof workflow>;
export type WorkflowNodeView = z.infer<typeof workflowNode>;

import * as z from 'zod/mini';
import { job, maxListLimit, tag } from '../api.ts';
import { phases, workflowEnds } from './advance.ts';
import { stops } from './item.ts';
import { maxNodes, maxTimeoutSeconds, nodeRequest } from './request.ts';
import { nodeStates } from './states.ts';

/** The shapes of the workflow routes. */

export const maxWorkflowBytes = 4 * 1024 * 1024;
/** Payloads of one retry, and of one signal, lie sealed in one item of at most 400 KB each. */
export const maxRetryBytes = 256 * 1024;
export const maxSignalBytes = 256 * 1024;

const timeout = z.int().check(z.minimum(1), z.maximum(maxTimeoutSeconds));

const besideNodes = {
  timeout_seconds: z.optional(timeout),
  tags: z.optional(z.array(tag).check(z.maxLength(8))),
  /** While a workflow with this key runs, that one is the answer and no other is started. */
  unique_key: z.optional(
    z.string().check(z.regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')),
  ),
  /** Who is told of its end: a job of type `webhook.deliver` posts `{workflow_id, status, tags, finished_at}`. */
  callback: z.optional(
    z.strictObject({
      url: z.string().check(z.minLength(1), z.maxLength(2_048)),
      secret: z.optional(z.string().check(z.minLength(1), z.maxLength(512))),
    }),
  ),
};

/** Nodes are checked one by one, so that every fault is found at once. */
export const workflowRequest = z.strictObject({
  nodes: z.array(z.unknown()).check(z.minLength(1), z.maxLength(maxNodes)),
  ...besideNodes,
});

/** As the document describes it. */
export const workflowDocument = z.strictObject({
  nodes: z.array(nodeRequest).check(z.minLength(1), z.maxLength(maxNodes)),
  ...besideNodes,
});

const moment = z.string();

export const retryWorkflowRequest = z.strictObject({
  /** `failed`: what did not end well, and what comes after it. `all`: everything, and signals must come again. */
  mode: z.optional(z.enum(['failed', 'all'])),
  /** Node → its payload from now on, whole: what `from` would put into it is left out. */
  payloads: z.optional(z.record(z.string(), z.unknown())),
});

export const signalRequest = z.strictObject({
  payload: z.unknown().check(z.refine((value) => value !== undefined, 'is missing')),
});

const workflowStates = ['running', ...workflowEnds] as const;

export const listWorkflowsQuery = z.strictObject({
  status: z.optional(z.enum(workflowStates)),
  tag: z.optional(z.array(tag).check(z.maxLength(8))),
  since: z.optional(z.iso.datetime({ offset: true })),
  until: z.optional(z.iso.datetime({ offset: true })),
  limit: z.optional(z.int().check(z.minimum(1), z.maximum(maxListLimit))),
  cursor: z.optional(z.string().check(z.maxLength(200))),
});

export const workflowNode = z.object({
  key: z.string(),
  kind: z.enum(['job', 'signal', 'map', 'join']),
  status: z.enum(nodeStates),
  type: z.optional(z.string()),
  job_id: z.optional(z.string()),
  depends_on: z.array(z.string()),
  /** Of a node that was added while the workflow ran: the node whose job did so. */
  added_by: z.optional(z.string()),
  /** Of a node that waits: what it waits for. */
  waits_for: z.optional(z.array(z.string())),
  /** The signal that it waits for, and until when. */
  signal: z.optional(z.string()),
  deadline: z.optional(moment),
  started_at: z.optional(moment),
  finished_at: z.optional(moment),
  /** Why it failed, where its job cannot say so; why it was cancelled or skipped. */
  cause: z.optional(z.string()),
  /** Of a job: its last failure. */
  last_error: job.shape.last_error,
  /** The job that undoes it; why there is none, or its last failure. */
  compensation: z.optional(
    z.object({
      job_id: z.optional(z.string()),
      cause: z.optional(z.string()),
      last_error: job.shape.last_error,
    }),
  ),
});

export const workflow = z.object({
  id: z.string(),
  tenant: z.string(),
  status: z.enum(workflowStates),
  /** While it runs: forward, or on its way back. */
  phase: z.enum(phases),
  /** What ended it before its nodes did: a person, its timeout, or the loss of the key of its nodes. */
  stopped: z.optional(z.enum(stops)),
  /** Nothing runs, nothing can start, and it is not over: a fault of TaskQ's, which rings. */
  stuck: z.optional(z.literal(true)),
  tags: z.array(z.string()),
  created_at: moment,
  finished_at: z.optional(moment),
  timeout_at: z.optional(moment),
  created_by: z.string(),
  /** Times it was advanced. */
  advances: z.int(),
  node_counts: z.record(z.string(), z.int()),
});

export const workflowWithNodes = z.extend(workflow, {
  nodes: z.array(workflowNode),
  /** So many nodes, of those that ended well first, did not fit into the answer. */
  nodes_left_out: z.optional(z.int()),
  /** Nodes whose ends the last one waited for, first to last; absent above 1,000 nodes. */
  critical_path: z.optional(z.array(z.string())),
});

/** Without its nodes it costs one read, whatever its size: for whoever asks again and again. */
export const getWorkflowQuery = z.strictObject({ nodes: z.optional(z.enum(['true', 'false'])) });

/** As `GET` answers: nodes and path are left out by `nodes=false`. */
export const workflowMaybeWithNodes = z.extend(workflow, {
  nodes: z.optional(workflowWithNodes.shape.nodes),
  nodes_left_out: workflowWithNodes.shape.nodes_left_out,
  critical_path: workflowWithNodes.shape.critical_path,
});

export const workflowList = z.object({ workflows: z.array(workflow), cursor: z.optional(z.string()) });

export type WorkflowRequest = z.infer<typeof workflowRequest>;
export type WorkflowView = z.infer<typeof workflow>;
export type WorkflowWithNodes = z.infer<typeof workflowWithNodes>;
export type WorkflowList = z.infer<typeof workflowList>;
export type WorkflowNodeView = z.infer<typeof workflowNode>;

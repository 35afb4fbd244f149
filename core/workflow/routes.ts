import { problemsWith } from '../problem.ts';
import type { Route } from '../routes.ts';
import * as workflows from './api.ts';

/** The routes of workflows, in the order of the document. */
export const workflowRoutes = {
  startWorkflow: {
    method: 'POST',
    path: '/v1/workflows',
    function: 'workflows',
    summary: 'Start a workflow: jobs that depend on jobs',
    body: {
      schema: workflows.workflowRequest,
      documented: workflows.workflowDocument,
      required: true,
      maxBytes: workflows.maxWorkflowBytes,
      example: {
        nodes: [
          { key: 'first', type: 'echo', payload: { message: 'hello' } },
          { key: 'then', type: 'echo', payload: { message: 'hello' }, depends_on: ['first'] },
        ],
      },
    },
    idempotent: true,
    responses: { 201: workflows.workflow, 200: workflows.workflow },
    problems: problemsWith(
      'busy',
      'payload_too_large',
      'unknown_type',
      'unknown_queue',
      'unknown_signal',
      'invalid_payload',
      'idempotency_conflict',
    ),
  },
  getWorkflow: {
    method: 'GET',
    path: '/v1/workflows/{id}',
    function: 'workflows',
    summary: 'One workflow with its nodes; without them with nodes=false, for who asks often',
    query: workflows.getWorkflowQuery,
    responses: { 200: workflows.workflowMaybeWithNodes },
    problems: problemsWith('not_found', 'payload_expired'),
  },
  listWorkflows: {
    method: 'GET',
    path: '/v1/workflows',
    function: 'workflows',
    summary: 'List workflows, newest first',
    query: workflows.listWorkflowsQuery,
    responses: { 200: workflows.workflowList },
    problems: problemsWith(),
  },
  cancelWorkflow: {
    method: 'POST',
    path: '/v1/workflows/{id}/cancel',
    function: 'workflows',
    summary: 'Cancel a workflow: nothing more starts, what runs is told to stop',
    responses: { 202: workflows.workflow },
    problems: problemsWith('not_found', 'invalid_transition'),
  },
  retryWorkflow: {
    method: 'POST',
    path: '/v1/workflows/{id}/retry',
    function: 'workflows',
    summary: 'Begin an ended workflow anew: what did not end well, or all of it',
    body: {
      schema: workflows.retryWorkflowRequest,
      required: false,
      maxBytes: workflows.maxRetryBytes,
      example: { mode: 'failed' },
    },
    responses: { 202: workflows.workflow },
    problems: problemsWith(
      'not_found',
      'invalid_transition',
      'payload_expired',
      'payload_unopenable',
      'busy',
      'payload_too_large',
      'invalid_payload',
    ),
  },
  sendSignal: {
    method: 'POST',
    path: '/v1/workflows/{id}/signals/{name}',
    function: 'workflows',
    summary: 'Send a signal that nodes of a workflow wait for, or will wait for',
    body: {
      schema: workflows.signalRequest,
      required: true,
      maxBytes: workflows.maxSignalBytes,
      example: { payload: { approved: true } },
    },
    responses: { 202: workflows.workflow, 200: workflows.workflow },
    problems: problemsWith(
      'not_found',
      'invalid_transition',
      'busy',
      'payload_expired',
      'payload_too_large',
      'unknown_signal',
      'invalid_payload',
    ),
  },
} as const satisfies Record<string, Route>;

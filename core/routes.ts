import type * as z from 'zod/mini';
import * as api from './api.ts';
import * as many from './many.ts';
import { type ProblemCode, problemsWith } from './problem.ts';
import { workflowRoutes } from './workflow/routes.ts';

/** A route of the API. API Gateway's resources, the functions' dispatch and the OpenAPI document are made from these. */
export interface Route {
  method: 'GET' | 'POST' | 'PATCH';
  /** Under `/v1`, it exists for the tenant `default` and below `/v1/tenants/{tenant}` for any. */
  path: string;
  function: 'enqueue' | 'manage' | 'workflows';
  summary: string;
  query?: z.core.$ZodType;
  /** `maxBytes` of UTF-8; more is 413 before anything else is looked at. */
  body?: {
    schema: z.core.$ZodType;
    /** What the document says instead, where the schema leaves parts to be checked one by one. */
    documented?: z.core.$ZodType;
    required: boolean;
    maxBytes: number;
    /** A body that is taken as it stands: for the document, and for the fuzz to succeed with. */
    example?: unknown;
  };
  idempotent?: boolean;
  /** Status → body; null for an answer without one. */
  responses: Record<number, z.core.$ZodType | null>;
  problems: readonly ProblemCode[];
}

/** Room in a body for everything that is not its payload. */
const besidePayloadBytes = 16 * 1024;

const exampleJob = { type: 'echo', payload: { message: 'hello' } };

const manyProblems = problemsWith('busy', 'payload_too_large', 'idempotency_conflict');

export const routes = {
  enqueueJob: {
    method: 'POST',
    path: '/v1/jobs',
    function: 'enqueue',
    summary: 'Enqueue a job',
    body: {
      schema: api.enqueueRequest,
      required: true,
      maxBytes: api.maxPayloadBytes + besidePayloadBytes,
      example: exampleJob,
    },
    idempotent: true,
    responses: { 201: api.job, 200: api.job },
    problems: problemsWith(
      'busy',
      'payload_too_large',
      'unknown_type',
      'unknown_queue',
      'invalid_dependency',
      'invalid_payload',
      'idempotency_conflict',
    ),
  },
  enqueueBatch: {
    method: 'POST',
    path: '/v1/jobs/batch',
    function: 'enqueue',
    summary: 'Enqueue up to 1,000 jobs; each is answered by itself, in order',
    body: {
      schema: api.batchRequest,
      documented: api.batchDocument,
      required: true,
      maxBytes: api.maxBatchBytes,
      example: { jobs: [exampleJob] },
    },
    idempotent: true,
    responses: { 207: api.batchResponse },
    problems: manyProblems,
  },
  listJobs: {
    method: 'GET',
    path: '/v1/jobs',
    function: 'manage',
    summary: 'List jobs, newest first',
    query: api.listQuery,
    responses: { 200: api.listResponse },
    problems: problemsWith(),
  },
  listFailures: {
    method: 'GET',
    path: '/v1/jobs/failures',
    function: 'manage',
    summary: 'Failed jobs in groups of alike ones; more with the cursor',
    query: many.failuresQuery,
    responses: { 200: many.failuresResponse },
    problems: problemsWith(),
  },
  retryMany: {
    method: 'POST',
    path: '/v1/jobs/retry',
    function: 'manage',
    summary: 'Run all failed or cancelled jobs of a filter again: answers with the job that does it',
    body: {
      schema: many.retryManyRequest,
      required: true,
      maxBytes: api.maxPayloadBytes + besidePayloadBytes,
      example: { type: exampleJob.type, dry_run: true },
    },
    idempotent: true,
    responses: { 202: api.job, 200: many.manyResponse },
    problems: manyProblems,
  },
  cancelMany: {
    method: 'POST',
    path: '/v1/jobs/cancel',
    function: 'manage',
    summary: 'Cancel all jobs of a filter that are not final: answers with the job that does it',
    body: {
      schema: many.cancelManyRequest,
      required: true,
      maxBytes: besidePayloadBytes,
      example: { type: exampleJob.type, dry_run: true },
    },
    idempotent: true,
    responses: { 202: api.job, 200: many.manyResponse },
    problems: manyProblems,
  },
  getJob: {
    method: 'GET',
    path: '/v1/jobs/{id}',
    function: 'manage',
    summary: 'One job, with an ETag',
    responses: { 200: api.job, 304: null },
    problems: problemsWith('not_found'),
  },
  getPayload: {
    method: 'GET',
    path: '/v1/jobs/{id}/payload',
    function: 'manage',
    summary: 'The payload, opened',
    responses: { 200: api.payloadResponse },
    problems: problemsWith('not_found', 'payload_expired', 'payload_unopenable'),
  },
  getResult: {
    method: 'GET',
    path: '/v1/jobs/{id}/result',
    function: 'manage',
    summary: 'The result, opened; `wait` holds the answer until the job is final',
    query: api.resultQuery,
    responses: { 200: api.resultResponse, 202: api.pendingResponse },
    problems: problemsWith('not_found', 'no_result', 'payload_expired', 'payload_unopenable'),
  },
  getErrors: {
    method: 'GET',
    path: '/v1/jobs/{id}/errors',
    function: 'manage',
    summary: 'What each failed attempt threw, opened',
    responses: { 200: api.errorsResponse },
    problems: problemsWith('not_found', 'payload_unopenable'),
  },
  getEffects: {
    method: 'GET',
    path: '/v1/jobs/{id}/effects',
    function: 'manage',
    summary: 'What its handler has done outside with `once`, opened',
    responses: { 200: api.effectsResponse },
    problems: problemsWith('not_found', 'payload_unopenable'),
  },
  patchJob: {
    method: 'PATCH',
    path: '/v1/jobs/{id}',
    function: 'manage',
    summary: 'Change the priority, the time or the tags of a job while it waits',
    body: {
      schema: api.patchRequest,
      required: true,
      maxBytes: besidePayloadBytes,
      example: { priority: 8 },
    },
    responses: { 200: api.job },
    problems: problemsWith('not_found', 'invalid_transition', 'payload_too_large'),
  },
  retryJob: {
    method: 'POST',
    path: '/v1/jobs/{id}/retry',
    function: 'manage',
    summary: 'Run a failed or cancelled job again, with its payload or an edited one',
    body: {
      schema: api.retryRequest,
      required: false,
      maxBytes: api.maxPayloadBytes + besidePayloadBytes,
      example: { payload: exampleJob.payload },
    },
    responses: { 200: api.job },
    problems: problemsWith(
      'not_found',
      'invalid_transition',
      'payload_expired',
      'payload_unopenable',
      'payload_too_large',
      'unknown_type',
      'invalid_payload',
    ),
  },
  cancelJob: {
    method: 'POST',
    path: '/v1/jobs/{id}/cancel',
    function: 'manage',
    summary: 'Cancel a job: at once while it waits (200), within seconds while it runs (202)',
    responses: { 200: api.job, 202: api.job },
    problems: problemsWith('not_found', 'invalid_transition'),
  },
  ...workflowRoutes,
  getOpenapi: {
    method: 'GET',
    path: '/v1/openapi.json',
    function: 'manage',
    summary: 'This document',
    responses: { 200: null },
    problems: ['internal'],
  },
  getHealth: {
    method: 'GET',
    path: '/health',
    function: 'manage',
    summary: 'Is TaskQ able to answer',
    responses: { 200: api.healthResponse },
    problems: ['internal', 'unavailable'],
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** The paths a route is served under: its own, and for a tenant's resources the form that names the tenant. */
export function pathsOf(route: Route): string[] {
  if (!/^\/v1\/(jobs|workflows)/.test(route.path)) return [route.path];
  return [route.path, route.path.replace('/v1/', '/v1/tenants/{tenant}/')];
}

/** The route that API Gateway matched, by its method and resource; undefined for none of ours. */
export function routeOf(method: string, resource: string): RouteName | undefined {
  const path = resource.replace('/v1/tenants/{tenant}/', '/v1/');
  return (Object.keys(routes) as RouteName[]).find(
    (each) => routes[each].method === method && routes[each].path === path,
  );
}

import { describe, expect, test } from 'vitest';
import { pathsOf, type Route, routeOf, routes } from '../../core/routes.ts';
import { wiring } from '../../core/wiring.ts';

const all = Object.entries(routes) as [string, Route][];

test('method, path and function of every route', () => {
  expect(all.map(([name, { method, path, function: by }]) => `${name}: ${method} ${path} by ${by}`)).toEqual([
    'enqueueJob: POST /v1/jobs by enqueue',
    'enqueueBatch: POST /v1/jobs/batch by enqueue',
    'listJobs: GET /v1/jobs by manage',
    'listFailures: GET /v1/jobs/failures by manage',
    'retryMany: POST /v1/jobs/retry by manage',
    'cancelMany: POST /v1/jobs/cancel by manage',
    'getJob: GET /v1/jobs/{id} by manage',
    'getPayload: GET /v1/jobs/{id}/payload by manage',
    'getResult: GET /v1/jobs/{id}/result by manage',
    'getErrors: GET /v1/jobs/{id}/errors by manage',
    'getEffects: GET /v1/jobs/{id}/effects by manage',
    'patchJob: PATCH /v1/jobs/{id} by manage',
    'retryJob: POST /v1/jobs/{id}/retry by manage',
    'cancelJob: POST /v1/jobs/{id}/cancel by manage',
    'startWorkflow: POST /v1/workflows by workflows',
    'getWorkflow: GET /v1/workflows/{id} by workflows',
    'listWorkflows: GET /v1/workflows by workflows',
    'cancelWorkflow: POST /v1/workflows/{id}/cancel by workflows',
    'retryWorkflow: POST /v1/workflows/{id}/retry by workflows',
    'sendSignal: POST /v1/workflows/{id}/signals/{name} by workflows',
    'getOpenapi: GET /v1/openapi.json by manage',
    'getHealth: GET /health by manage',
  ]);
});

test('the functions that answer are functions there are', () => {
  for (const [, { function: by }] of all) expect(Object.keys(wiring)).toContain(by);
});

describe('paths', () => {
  test('of jobs: for the tenant `default` and for any', () => {
    expect(pathsOf(routes.getResult)).toEqual([
      '/v1/jobs/{id}/result',
      '/v1/tenants/{tenant}/jobs/{id}/result',
    ]);
  });
  test('of what belongs to no tenant: one', () => {
    expect(pathsOf(routes.getHealth)).toEqual(['/health']);
    expect(pathsOf(routes.getOpenapi)).toEqual(['/v1/openapi.json']);
  });
});

describe('the route of a request', () => {
  const cases = all.flatMap(([name, route]) =>
    pathsOf(route).map((path): [string, string, string] => [route.method, path, name]),
  );
  test('42 in all', () => {
    expect(cases).toHaveLength(42);
  });
  test.each(cases)('%s %s is %s', (method, path, name) => {
    expect(routeOf(method, path)).toBe(name);
  });
  test.each([
    ['DELETE', '/v1/jobs/{id}'],
    ['POST', '/v1/jobs/{id}'],
    ['GET', '/v1/jobs/'],
    ['GET', '/v1/unknown'],
    ['get', '/health'],
  ])('%s %s is none', (method, path) => {
    expect(routeOf(method, path)).toBeUndefined();
  });
});

test('what each may answer: statuses, then codes', () => {
  const answers = all.map(([name, { responses, problems }]) => [
    name,
    [...Object.keys(responses), ...problems].join(' '),
  ]);
  expect(Object.fromEntries(answers)).toEqual({
    enqueueJob:
      '200 201 invalid_request busy payload_too_large unknown_type unknown_queue invalid_dependency invalid_payload idempotency_conflict internal unavailable',
    enqueueBatch: '207 invalid_request busy payload_too_large idempotency_conflict internal unavailable',
    listJobs: '200 invalid_request internal unavailable',
    listFailures: '200 invalid_request internal unavailable',
    retryMany: '200 202 invalid_request busy payload_too_large idempotency_conflict internal unavailable',
    cancelMany: '200 202 invalid_request busy payload_too_large idempotency_conflict internal unavailable',
    getJob: '200 304 invalid_request not_found internal unavailable',
    getPayload: '200 invalid_request not_found payload_expired payload_unopenable internal unavailable',
    getResult:
      '200 202 invalid_request not_found no_result payload_expired payload_unopenable internal unavailable',
    getErrors: '200 invalid_request not_found payload_unopenable internal unavailable',
    getEffects: '200 invalid_request not_found payload_unopenable internal unavailable',
    patchJob: '200 invalid_request not_found invalid_transition payload_too_large internal unavailable',
    retryJob:
      '200 invalid_request not_found invalid_transition payload_expired payload_unopenable payload_too_large unknown_type invalid_payload internal unavailable',
    cancelJob: '200 202 invalid_request not_found invalid_transition internal unavailable',
    startWorkflow:
      '200 201 invalid_request busy payload_too_large unknown_type unknown_queue unknown_signal invalid_payload idempotency_conflict internal unavailable',
    getWorkflow: '200 invalid_request not_found payload_expired internal unavailable',
    listWorkflows: '200 invalid_request internal unavailable',
    cancelWorkflow: '202 invalid_request not_found invalid_transition internal unavailable',
    retryWorkflow:
      '202 invalid_request not_found invalid_transition payload_expired payload_unopenable busy payload_too_large invalid_payload internal unavailable',
    sendSignal:
      '200 202 invalid_request not_found invalid_transition busy payload_expired payload_too_large unknown_signal invalid_payload internal unavailable',
    getOpenapi: '200 internal',
    getHealth: '200 internal unavailable',
  });
});

test('which take a body, and which a key', () => {
  const bodies = all.flatMap(([name, { body }]) =>
    body === undefined ? [] : [`${name}: ${body.required}, ${body.maxBytes} bytes`],
  );
  expect(bodies).toEqual([
    'enqueueJob: true, 1064960 bytes',
    'enqueueBatch: true, 4194304 bytes',
    'retryMany: true, 1064960 bytes',
    'cancelMany: true, 16384 bytes',
    'patchJob: true, 16384 bytes',
    'retryJob: false, 1064960 bytes',
    'startWorkflow: true, 4194304 bytes',
    'retryWorkflow: false, 262144 bytes',
    'sendSignal: true, 262144 bytes',
  ]);
  expect(all.flatMap(([name, { idempotent }]) => (idempotent ? [name] : []))).toEqual([
    'enqueueJob',
    'enqueueBatch',
    'retryMany',
    'cancelMany',
    'startWorkflow',
  ]);
});

test('every route may fail inside, and what reads an input may find it wrong', () => {
  for (const [, { problems, query, body, path }] of all) {
    expect(problems).toContain('internal');
    if (query !== undefined || body !== undefined || path.includes('{id}'))
      expect(problems).toContain('invalid_request');
    if (path.includes('{id}')) expect(problems).toContain('not_found');
  }
});

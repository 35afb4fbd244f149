import { beforeAll, expect, inject, it } from 'vitest';
import { pathsOf, type Route, routes } from '../../core/routes.ts';
import manifest from '../../package.json' with { type: 'json' };
import { makeApi } from './api.ts';

const api = makeApi(inject('taskq'));
// biome-ignore lint/suspicious/noExplicitAny: a document of many shapes
let document: any;

beforeAll(async () => {
  const { status, body } = await api.call('getOpenapi');
  expect(status).toBe(200);
  document = body;
});

it('is OpenAPI 3.1 and says how calls are signed', () => {
  expect([document.openapi, document.info.title]).toEqual(['3.1.0', 'TaskQ']);
  expect(document.security).toEqual([{ sigv4: [] }]);
  expect(document.components.securitySchemes.sigv4['x-amazon-apigateway-authtype']).toBe('awsSigv4');
});

it('covers every route in both its path forms, and nothing else', () => {
  const declared = Object.values<Route>(routes).flatMap((route) =>
    pathsOf(route).map((path) => `${route.method} ${path}`),
  );
  const described = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual(declared.toSorted());
  expect(described).toEqual(
    expect.arrayContaining(['POST /v1/jobs', 'POST /v1/tenants/{tenant}/jobs/{id}/retry', 'GET /health']),
  );
  const operations = Object.values<Record<string, { operationId: string }>>(document.paths)
    .flatMap((methods) => Object.values(methods))
    .map(({ operationId }) => operationId);
  expect(new Set(operations).size).toBe(operations.length);
});

it('describes what a client needs to enqueue and to list', () => {
  const enqueue = document.paths['/v1/jobs'].post;
  const request = enqueue.requestBody.content['application/json'].schema;
  expect([request.required, request.additionalProperties]).toEqual([['type', 'payload'], false]);
  expect(Object.keys(enqueue.responses).toSorted()).toEqual([
    '200',
    '201',
    '400',
    '403',
    '409',
    '413',
    '422',
    '500',
    '503',
  ]);
  const job = enqueue.responses['201'].content['application/json'].schema;
  expect(job.required).toEqual([
    ...['id', 'tenant', 'type', 'queue', 'lane', 'priority', 'status', 'attempt', 'max_attempts'],
    ...['timeout_seconds', 'tags', 'created_at', 'available_at', 'created_by'],
  ]);
  const list = document.paths['/v1/tenants/{tenant}/jobs'].get;
  expect(list.parameters.map(({ name }: { name: string }) => name).toSorted()).toEqual([
    'cursor',
    'limit',
    'queue',
    'since',
    'status',
    'tag',
    'tenant',
    'type',
    'until',
  ]);
});

it('names the version of the release', () => {
  expect(document.info.version).toBe(manifest.version);
});

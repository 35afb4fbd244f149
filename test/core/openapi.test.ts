import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { openapiDocument } from '../../core/openapi.ts';
import { pathsOf, type Route, routes } from '../../core/routes.ts';

interface Parameter {
  name: string;
  in: string;
  required: boolean;
  schema: Record<string, unknown>;
}
interface Operation {
  operationId: string;
  parameters: Parameter[];
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: Record<string, unknown>; example?: unknown }>;
  };
  responses: Record<string, { description: string; content?: Record<string, { schema: unknown }> }>;
}

const document = openapiDocument('1.2.3') as {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
  security: Record<string, unknown>[];
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

function operationOf(method: string, path: string): Operation {
  const found = operations.find((each) => each.path === path && each.method === method);
  if (found === undefined) throw new Error(`the document has no ${method} ${path}`);
  return found.operation;
}

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    name === '$ref' && typeof each === 'string' ? [each] : refsIn(each),
  );
}

describe('the document', () => {
  test('is OpenAPI 3.1 and plain JSON, with this release’s version', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: 'TaskQ', version: '1.2.3' });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  test('every $ref resolves within it', () => {
    const refs = [...new Set(refsIn(document))];
    expect(refs).toEqual(['#/components/schemas/Problem']);
    expect(document.components.schemas).toHaveProperty('Problem');
  });

  test('has every route in both path forms, and nothing else', () => {
    const declared = (Object.values(routes) as Route[]).flatMap((route) =>
      pathsOf(route).map((path) => `${route.method} ${path}`),
    );
    expect(operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(
      declared.sort(),
    );
    expect(operations).toHaveLength(42);
  });

  test('names every operation once', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(42);
    expect(ids).toContain('enqueueJob');
    expect(ids).toContain('enqueueJobOfTenant');
  });

  test('is signed, everywhere', () => {
    expect(document.security).toEqual([{ sigv4: [] }]);
    expect(document.components.securitySchemes).toEqual({
      sigv4: {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        'x-amazon-apigateway-authtype': 'awsSigv4',
      },
    });
  });
});

describe.each(operations)('$method $path', ({ path, operation }) => {
  test('declares the parameters of its path, no more and no fewer', () => {
    const inPath = operation.parameters.filter((each) => each.in === 'path');
    expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    expect(inPath.every(({ required }) => required)).toBe(true);
  });

  test('declares no parameter twice, and each with a schema', () => {
    const names = operation.parameters.map((each) => `${each.in} ${each.name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(operation.parameters.every(({ schema }) => typeof schema === 'object')).toBe(true);
  });

  test('answers something good, the 403 of API Gateway and a 500, each described', () => {
    const statuses = Object.keys(operation.responses);
    expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
    expect(statuses).toContain('403');
    expect(statuses).toContain('500');
    expect(Object.values(operation.responses).every(({ description }) => description.length > 0)).toBe(true);
  });
});

describe('enqueue', () => {
  const operation = operationOf('post', '/v1/jobs');
  const schema = operation.requestBody?.content['application/json']?.schema as {
    properties: Record<string, Record<string, unknown>>;
    required: string[];
    additionalProperties: boolean;
  };

  test('its body: what is required, what is refused, and the bounds', () => {
    expect(operation.requestBody?.required).toBe(true);
    expect(schema.required).toEqual(['type', 'payload']);
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.priority).toMatchObject({ type: 'integer', minimum: 0, maximum: 9 });
    expect(schema.properties.delay_seconds).toMatchObject({ type: 'integer', maximum: 31_536_000 });
    expect(schema.properties.tags).toMatchObject({
      type: 'array',
      maxItems: 8,
      items: { type: 'string', pattern: '^[\\s\\S]{1,32}$' },
    });
  });

  test('takes an Idempotency-Key', () => {
    expect(operation.parameters).toEqual([
      {
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        schema: { type: 'string', pattern: '^[\\x20-\\x7e]{1,255}$' },
      },
    ]);
  });

  test('its answers, the codes of each status named', () => {
    const described = Object.entries(operation.responses).map(([status, { description }]) => [
      status,
      description,
    ]);
    expect(Object.fromEntries(described)).toEqual({
      200: 'OK',
      201: 'Durable, and it will run',
      400: 'invalid_request',
      403: 'Not signed, or not allowed by IAM',
      409: 'busy',
      413: 'payload_too_large',
      422: 'unknown_type, unknown_queue, invalid_dependency, invalid_payload, idempotency_conflict',
      500: 'internal',
      503: 'unavailable',
    });
  });
});

test('a list’s query, parameter by parameter', () => {
  const { parameters } = operationOf('get', '/v1/tenants/{tenant}/jobs');
  expect(parameters.map(({ in: where, name }) => `${where} ${name}`)).toEqual([
    'path tenant',
    'query status',
    'query type',
    'query queue',
    'query tag',
    'query since',
    'query until',
    'query limit',
    'query cursor',
  ]);
  expect(parameters.map(({ required }) => required)).toEqual([true, ...Array(8).fill(false)]);
  expect(parameters[0]?.schema).toEqual({ type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,39}$' });
  expect(parameters.find(({ name }) => name === 'limit')?.schema).toMatchObject({
    type: 'integer',
    maximum: 200,
  });
  expect(parameters.find(({ name }) => name === 'tag')).toMatchObject({ style: 'form', explode: true });
  expect(parameters.find(({ name }) => name === 'since')?.schema).toMatchObject({ format: 'date-time' });
});

test('a batch’s body shows its jobs as the single route shows one, but that none waits for others', () => {
  const bodyOf = (path: string) =>
    operationOf('post', path).requestBody?.content['application/json']?.schema as {
      properties: { jobs: { items: unknown; minItems: number; maxItems: number }; dependencies?: unknown };
    };
  const { jobs } = bodyOf('/v1/jobs/batch').properties;
  expect(jobs).toMatchObject({ minItems: 1, maxItems: 1000 });
  const { properties, ...single } = bodyOf('/v1/jobs');
  const { dependencies, ...others } = properties;
  expect(dependencies).toMatchObject({ type: 'array', maxItems: 100 });
  expect(jobs.items).toEqual({ ...single, properties: others });
});

test('statuses that are no mere OK are described', () => {
  const described = [
    operationOf('post', '/v1/jobs/batch').responses['207'],
    operationOf('get', '/v1/jobs/{id}/result').responses['202'],
  ];
  expect(described.map((each) => each?.description)).toEqual([
    'Each job answered by itself, in order',
    'Not final yet',
  ]);
});

test('the id of a path has no pattern: what is no id is a job that is not found', () => {
  const { parameters } = operationOf('get', '/v1/jobs/{id}');
  expect(parameters[0]).toEqual({ name: 'id', in: 'path', required: true, schema: { type: 'string' } });
});

test('an answer without a body has no content', () => {
  const { responses } = operationOf('get', '/v1/jobs/{id}');
  expect(responses['304']).toEqual({ description: 'Not changed since that ETag' });
});

test('the examples of bodies are taken as they stand', () => {
  const examples = Object.values<Route>(routes).flatMap(({ body }) =>
    body?.example === undefined ? [] : [z.safeParse(body.documented ?? body.schema, body.example).success],
  );
  expect(examples.length).toBeGreaterThanOrEqual(3);
  expect(examples).toEqual(examples.map(() => true));
  expect(operationOf('post', '/v1/jobs').requestBody?.content['application/json']?.example).toEqual({
    type: 'echo',
    payload: { message: 'hello' },
  });
});

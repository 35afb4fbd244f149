import * as z from 'zod/mini';
import { problemResponse } from './api.ts';
import { problemStatus } from './problem.ts';
import { pathsOf, type Route, routes } from './routes.ts';

/** The OpenAPI 3.1 document, made from the routes and their schemas. @param version of this release */
export function openapiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(routes) as [string, Route][]) {
    for (const path of pathsOf(route)) {
      paths[path] ??= {};
      (paths[path] as Record<string, unknown>)[route.method.toLowerCase()] = operation(name, route, path);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'TaskQ',
      version,
      description: 'A job queue in your own AWS account. Every call is signed with SigV4 for `execute-api`.',
    },
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemResponse) },
      securitySchemes: {
        sigv4: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
    },
    security: [{ sigv4: [] }],
  };
}

function operation(name: string, route: Route, path: string): Record<string, unknown> {
  const ofTenant = path.includes('{tenant}');
  return {
    operationId: ofTenant ? `${name}OfTenant` : name,
    summary: route.summary,
    parameters: [...pathParameters(path), ...queryParameters(route), ...headerParameters(name, route)],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.body.required,
            content: json(
              jsonSchema(route.body.documented ?? route.body.schema, 'input'),
              route.body.example,
            ),
          },
        }),
    responses: { ...successes(route), ...problems(route) },
  };
}

function pathParameters(path: string): unknown[] {
  const patterns: Record<string, string> = {
    tenant: '^[a-z0-9][a-z0-9-]{0,39}$',
    name: '^[a-z0-9._-]{1,64}$',
  };
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', ...(patterns[name] === undefined ? {} : { pattern: patterns[name] }) },
  }));
}

function queryParameters({ query }: Route): unknown[] {
  if (query === undefined) return [];
  const { properties = {} } = jsonSchema(query, 'input') as {
    properties?: Record<string, Record<string, unknown>>;
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema,
    ...(schema.type === 'array' ? { style: 'form', explode: true } : {}),
  }));
}

function headerParameters(name: string, route: Route): unknown[] {
  const header = (title: string, schema: unknown) => ({ name: title, in: 'header', required: false, schema });
  return [
    ...(route.idempotent
      ? [header('Idempotency-Key', { type: 'string', pattern: '^[\\x20-\\x7e]{1,255}$' })]
      : []),
    ...(name === 'getJob' ? [header('If-None-Match', { type: 'string' })] : []),
  ];
}

function successes(route: Route): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, schema]) => [
      status,
      {
        description: descriptions[Number(status)] ?? 'OK',
        ...(schema === null ? {} : { content: json(jsonSchema(schema)) }),
      },
    ]),
  );
}

const descriptions: Record<number, string> = {
  201: 'Durable, and it will run',
  202: 'Not final yet',
  207: 'Each job answered by itself, in order',
  304: 'Not changed since that ETag',
};

/** Problems by status, their codes named; 403 is API Gateway's own. */
function problems(route: Route): Record<string, unknown> {
  const byStatus = new Map<number, string[]>();
  for (const code of route.problems)
    byStatus.set(problemStatus[code], [...(byStatus.get(problemStatus[code]) ?? []), code]);
  const answers = [...byStatus].map(([status, codes]) => [
    String(status),
    { description: codes.join(', '), content: json({ $ref: '#/components/schemas/Problem' }) },
  ]);
  return { ...Object.fromEntries(answers), 403: { description: 'Not signed, or not allowed by IAM' } };
}

function json(schema: unknown, example?: unknown): Record<string, unknown> {
  return { 'application/json': { schema, ...(example === undefined ? {} : { example }) } };
}

function jsonSchema(schema: z.core.$ZodType, io: 'input' | 'output' = 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<
    string,
    unknown
  >;
  return rest;
}

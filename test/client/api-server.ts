import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import { problemResponse } from '../../core/api.ts';
import { pathsOf, type Route, type RouteName, routes } from '../../core/routes.ts';
import { isSigned } from './sigv4.ts';

/** What a route was asked, after its schemas took it. */
interface Received {
  route: RouteName;
  tenant: string | undefined;
  id: string | undefined;
  /** Of a signal. */
  name?: string | undefined;
  query: Record<string, unknown>;
  body: unknown;
  key: string | undefined;
}

/** An answer, when `held` has come; `hang up` closes the connection after the request was read. */
export type Reply =
  | { status: number; body: unknown; headers?: Record<string, string>; held?: Promise<void> }
  | 'hang up';
export type Replies = Partial<Record<RouteName, (received: Received, nth: number) => Reply>>;

export const testRegion = 'eu-west-1';

/**
 * TaskQ's API on loopback for the length of a test, under a path as the emulator has it. It refuses unsigned calls and unknown
 * routes as API Gateway does, and requests that do not fit the schemas as TaskQ does. A reply that does
 * not fit them is the test's own mistake: 500 and the reason.
 */
export async function startApi(replies: Replies) {
  const received: Received[] = [];
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const prefix = '/restapis/abc123/local/_user_request_';

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const body = await buffer(request);
    const reply = replyTo(request, body);
    if (reply === 'hang up') return request.socket.destroy();
    await reply.held;
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
  }

  function replyTo(request: IncomingMessage, body: Buffer): Reply {
    const url = new URL(request.url ?? '', 'http://localhost');
    if (!isSigned(request, body, testRegion))
      return gateway('InvalidSignatureException', 'The request signature we calculated does not match');
    const found = find(request.method ?? '', url.pathname.replace(prefix, ''));
    if (found === undefined)
      return gateway('MissingAuthenticationTokenException', 'Missing Authentication Token');
    const route: Route = routes[found.route];
    const query = queryOf(url.searchParams);
    const parsed = body.length === 0 ? undefined : JSON.parse(body.toString('utf8'));
    const faults = [
      ...(route.query === undefined ? [] : faultsOf(route.query, query)),
      ...(route.body === undefined || (parsed === undefined && !route.body.required)
        ? []
        : faultsOf(route.body.schema, parsed)),
    ];
    const key = request.headers['idempotency-key'] as string | undefined;
    if (faults.length > 0)
      return aProblem(400, 'invalid_request', 'the request is not as the API describes it', faults);
    const call = { ...found, query, body: parsed, key };
    received.push(call);
    const reply = replies[found.route]?.(call, received.filter((each) => each.route === found.route).length);
    return reply === undefined ? { status: 500, body: `no reply for ${found.route}` } : checked(route, reply);
  }

  function close() {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    return closed;
  }

  onTestFinished(close);
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
    received,
    close,
  };
}

/** A problem as TaskQ answers it. */
export function aProblem(
  status: number,
  code: string,
  error: string,
  details?: { path: string; message: string }[],
  headers: Record<string, string> = {},
): Reply {
  return { status, headers, body: { error, code, ...(details ? { details } : {}), request_id: 'req-1' } };
}

/** A refusal as API Gateway answers it. */
export function gateway(type: string, message: string, status = 403): Reply {
  const headers = { 'x-amzn-errortype': type, 'x-amzn-requestid': 'gw-1' };
  return { status, headers, body: { message } };
}

function find(method: string, path: string) {
  for (const [name, route] of Object.entries(routes) as [RouteName, Route][]) {
    for (const pattern of route.method === method ? pathsOf(route) : []) {
      const shape = pattern
        .replaceAll('.', '\\.')
        .replace('{tenant}', '(?<tenant>[^/]+)')
        .replace('{id}', '(?<id>[^/]+)')
        .replace('{name}', '(?<name>[^/]+)');
      const groups = new RegExp(`^${shape}$`).exec(path);
      const text = (part: string) => {
        const value = groups?.groups?.[part];
        return value === undefined ? undefined : decodeURIComponent(value);
      };
      if (groups !== null && !(name === 'getJob' && path.endsWith('/batch')))
        return {
          route: name,
          tenant: text('tenant'),
          id: text('id'),
          ...(groups?.groups?.name ? { name: text('name') } : {}),
        };
    }
  }
  return undefined;
}

function queryOf(given: URLSearchParams): Record<string, unknown> {
  const numbers = new Set(['limit', 'wait']);
  return Object.fromEntries(
    [...new Set(given.keys())].map((name) => {
      if (name === 'tag') return [name, given.getAll(name)];
      return [name, numbers.has(name) ? Number(given.get(name)) : given.get(name)];
    }),
  );
}

function faultsOf(schema: z.core.$ZodType, value: unknown) {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => ({ path: `/${issue.path.join('/')}`, message: issue.message }));
}

function checked(route: Route, reply: Reply): Reply {
  if (reply === 'hang up' || typeof reply.body === 'string' || reply.headers?.['x-amzn-errortype'])
    return reply;
  const schema = reply.status < 400 ? route.responses[reply.status] : problemResponse;
  const faults = schema
    ? faultsOf(schema, reply.body)
    : [{ path: '', message: `no status ${reply.status} here` }];
  return faults.length === 0
    ? reply
    : { status: 500, body: `the test's own reply: ${JSON.stringify(faults)}` };
}

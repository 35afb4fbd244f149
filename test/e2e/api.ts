/** Calls the deployed API, signed; whatever it answers is held against `core/routes.ts`. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import * as z from 'zod/mini';
import { queryString, requestOf } from '../../client/request.ts';
import { makeSigner } from '../../client/signed.ts';
import { type EnqueueRequest, type Job, problemResponse } from '../../core/api.ts';
import { problemStatus } from '../../core/problem.ts';
import { type Route, type RouteName, routes } from '../../core/routes.ts';
import type { LocalAws } from '../../local/state.ts';

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes, each checked against its route's schema
  body: any;
}

interface Call {
  id?: string;
  /** Of a signal. */
  name?: string;
  query?: Record<string, string | number | string[] | undefined>;
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown;
  headers?: Record<string, string>;
}

export type Api = ReturnType<typeof makeApi>;

/** A tenant that no other test uses. */
export function newTenant(): string {
  return `t-${randomUUID().slice(0, 13)}`;
}

/** @param tenant absent for the path form without one, which is tenant `default` */
export function makeApi({ apiUrl, region, credentials }: Caller, tenant?: string) {
  const base = new URL(apiUrl);
  const sign = makeSigner(base, region, credentials);

  /** Sends a call without looking at the answer: for those that API Gateway refuses by itself. */
  async function send(
    route: RouteName,
    { id, name, query = {}, body, headers = {} }: Call = {},
  ): Promise<Answer> {
    const request = requestOf(base, tenant, route, {
      ...(id === undefined ? {} : { id }),
      ...(name === undefined ? {} : { name }),
      query,
      body,
    });
    if (typeof body === 'string') request.body = body;
    Object.assign(request.headers, headers);
    const { host: _, ...signed } = await sign(request, new Date());
    const search = queryString(request.query);
    return await fetched(`${base.origin}${request.path}${search === '' ? '' : `?${search}`}`, {
      method: request.method,
      headers: signed,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
  }

  /** Sends a call whose answer must be one that its route declares. */
  async function call(name: RouteName, input: Call = {}): Promise<Answer> {
    const answer = await send(name, input);
    asDeclared(name, answer);
    return answer;
  }

  async function enqueue(
    type: string,
    payload: unknown,
    options: Partial<EnqueueRequest> = {},
  ): Promise<Job> {
    const { status, body } = await call('enqueueJob', { body: { type, payload, ...options } });
    expect([status, body]).toEqual([201, expect.anything()]);
    return body;
  }

  async function get(id: string): Promise<Job> {
    const { status, body } = await call('getJob', { id });
    expect(status).toBe(200);
    return body;
  }

  /** The job once it is final. */
  async function finished(id: string, withinMs = 60_000): Promise<Job> {
    const deadline = performance.now() + withinMs;
    while (performance.now() < deadline) {
      const { status } = await call('getResult', { id, query: { wait: 5 } });
      if (status !== 202) return await get(id);
    }
    throw new Error(`job ${id} was not final within ${withinMs} ms: ${JSON.stringify(await get(id))}`);
  }

  /** A list, page by page. */
  async function pages(query: NonNullable<Call['query']> = {}): Promise<Job[][]> {
    const all: Job[][] = [];
    let cursor: string | undefined;
    do {
      const { status, body } = await call('listJobs', { query: { ...query, cursor } });
      expect(status).toBe(200);
      all.push(body.jobs);
      expect(all.length, 'pages of a list without end').toBeLessThan(100);
      cursor = body.cursor;
    } while (cursor !== undefined);
    return all;
  }

  return { tenant: tenant ?? 'default', base: apiUrl, send, call, enqueue, get, finished, pages };
}

type Caller = Pick<LocalAws, 'apiUrl' | 'region' | 'credentials'>;

/** A plain HTTP call, unsigned unless `init` says otherwise. */
export async function fetched(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(40_000) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? '' : JSON.parse(text) };
}

function asDeclared(name: RouteName, { status, headers, body }: Answer): void {
  const route: Route = routes[name];
  expect(headers.get('content-type')).toBe('application/json');
  const requestId = headers.get('x-request-id');
  expect(requestId ?? `an answer of the gateway: ${status} ${JSON.stringify(body)}`).toMatch(/^[\w-]{16,}$/);
  if (status >= 400) {
    exactly(problemResponse, body);
    expect(body.request_id).toBe(requestId);
    expect(route.problems, JSON.stringify(body)).toContain(body.code);
    expect(status).toBe(problemStatus[body.code as keyof typeof problemStatus]);
    return;
  }
  expect(Object.keys(route.responses), JSON.stringify(body)).toContain(String(status));
  const schema = route.responses[status];
  if (schema) exactly(schema, body);
}

/** What a schema does not name it drops, so that the difference shows. */
function exactly(schema: z.core.$ZodType, body: unknown): void {
  const parsed = z.safeParse(schema, body);
  expect(parsed.error?.issues).toBeUndefined();
  expect(parsed.data).toEqual(body);
}

import { pathsOf, type Route, type RouteName, routes } from '../core/routes.ts';

/** What a call adds to its route. */
export interface CallInput {
  id?: string;
  /** Of a signal. */
  name?: string;
  query?: Record<string, string | number | string[] | undefined>;
  body?: unknown;
  idempotencyKey?: string;
}

/** A request ready to be signed: path and query as the wire has them. */
export interface ApiRequest {
  method: Route['method'];
  /** With the base URL's own path, each segment percent-encoded once. */
  path: string;
  query: Record<string, string | string[]>;
  headers: Record<string, string>;
  body?: string;
}

/** The request of a route, for a tenant or, without one, in the form for tenant `default`. */
export function requestOf(
  base: URL,
  tenant: string | undefined,
  name: RouteName,
  { id, name: signal, query = {}, body, idempotencyKey }: CallInput,
): ApiRequest {
  const route: Route = routes[name];
  return {
    method: route.method,
    path: base.pathname.replace(/\/$/, '') + pathOf(route, tenant, id, signal),
    query: textual(query),
    headers: {
      host: base.host,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/** May the request be sent again when it is unknown what became of it? */
export function isRepeatable(name: RouteName): boolean {
  const route: Route = routes[name];
  return route.method === 'GET' || route.idempotent === true;
}

/** The query string that SigV4 signs: RFC 3986, sorted. Sent as signed, so that no proxy need agree on an order. */
export function queryString(query: ApiRequest['query']): string {
  return Object.entries(query)
    .flatMap(([name, value]) => [value].flat().map((each) => `${escapeText(name)}=${escapeText(each)}`))
    .sort()
    .join('&');
}

function pathOf(route: Route, tenant: string | undefined, id: string | undefined, signal = ''): string {
  const [own = route.path, ofTenant = own] = pathsOf(route);
  const path = tenant === undefined ? own : ofTenant.replace('{tenant}', segment('tenant', tenant));
  const named = path.includes('{name}') ? path.replace('{name}', segment('signal', signal)) : path;
  const what = path.includes('/workflows') ? 'workflow id' : 'job id';
  return named.includes('{id}') ? named.replace('{id}', segment(what, id ?? '')) : named;
}

/** Empty and dot segments would make another route of the path. */
function segment(what: string, value: string): string {
  if (/^\.{0,2}$/.test(value)) throw new RangeError(`"${value}" is not a ${what}`);
  return escapeText(value);
}

/** encodeURIComponent leaves five characters that RFC 3986 reserves. */
function escapeText(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function textual(query: NonNullable<CallInput['query']>): ApiRequest['query'] {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    given.map(([name, value]) => [name, Array.isArray(value) ? value : String(value)]),
  );
}

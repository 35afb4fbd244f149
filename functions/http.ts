import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { maxBodyDepth } from '../core/api.ts';
import { isIdempotencyKey } from '../core/dedupe.ts';
import { hasFiniteNumbers, isDeeper } from '../core/depth.ts';
import { tenantPattern } from '../core/pointer.ts';
import { type Checked, type Fault, type Problem, problem, problemStatus } from '../core/problem.ts';
import { type Route, type RouteName, routeOf, routes } from '../core/routes.ts';

/** A request as API Gateway hands it over, read and checked as far as every route needs it. */
export interface ApiRequest {
  route: RouteName;
  tenant: string;
  /** The caller's path form, for `Location`: `/v1` or `/v1/tenants/{tenant}`. */
  base: string;
  /** `{id}` of the path. */
  id: string;
  /** `{name}` of the path. */
  name?: string;
  /** Every query parameter with all its values. */
  query: Record<string, string[]>;
  /** The body as text; empty when there is none. */
  body: string;
  idempotencyKey?: string;
  ifNoneMatch?: string;
  traceparent?: string;
  createdBy: string;
  requestId: string;
}

/** What a route answers: a status with its JSON, or a problem. */
export type ApiAnswer =
  | { status: number; body?: unknown; headers?: Record<string, string> }
  | { problem: Problem };

/** The longest caller that is recorded: an assumed role's ARN fits. */
const maxCallerLength = 128;
const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

export function readRequest(event: APIGatewayProxyEvent, requestId: string): Checked<ApiRequest> {
  const route = routeOf(event.httpMethod, event.resource);
  if (route === undefined)
    return { ok: false, problem: problem('not_found', `there is no ${event.httpMethod} ${event.resource}`) };
  const headers = new Map(
    Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const named = event.pathParameters?.tenant;
  const tenant = named ?? 'default';
  const key = headers.get('idempotency-key');
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  const large = tooLarge(routes[route], bytes.length);
  if (large !== undefined) return { ok: false, problem: large };
  // Decoded leniently, other bytes would be taken as another text.
  if (!isUtf8(bytes)) return notJson;
  const faults: Fault[] = [];
  if (!tenantPattern.test(tenant))
    faults.push({ path: 'tenant', message: 'must match [a-z0-9][a-z0-9-]{0,39}' });
  if (key !== undefined && !isIdempotencyKey(key))
    faults.push({ path: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' });
  const query = queryOf(event);
  if (!('query' in routes[route]))
    faults.push(...Object.keys(query).map((name) => ({ path: name, message: 'unknown query parameter' })));
  if (faults.length > 0)
    return {
      ok: false,
      problem: problem('invalid_request', 'the request is not as the API describes it', { details: faults }),
    };
  const traceparent = headers.get('traceparent');
  const ifNoneMatch = headers.get('if-none-match');
  return {
    ok: true,
    value: {
      route,
      tenant,
      base: named === undefined ? '/v1' : `/v1/tenants/${tenant}`,
      id: event.pathParameters?.id ?? '',
      ...(event.pathParameters?.name === undefined ? {} : { name: event.pathParameters.name }),
      query,
      body: bytes.toString(),
      ...(key === undefined ? {} : { idempotencyKey: key }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
      ...(traceparent !== undefined && traceparentPattern.test(traceparent) ? { traceparent } : {}),
      createdBy: (
        event.requestContext.identity.userArn ??
        event.requestContext.identity.caller ??
        'unknown'
      ).slice(0, maxCallerLength),
      requestId,
    },
  };
}

function queryOf(event: APIGatewayProxyEvent): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(event.multiValueQueryStringParameters ?? {}).map(([name, values]) => [name, values ?? []]),
  );
}

/** Is the body more than its route takes: looked at before everything else. */
function tooLarge({ body }: Route, bytes: number): Problem | undefined {
  if (body === undefined || bytes <= body.maxBytes) return undefined;
  return problem('payload_too_large', `the body has ${bytes} bytes; at most ${body.maxBytes} are taken here`);
}

/** The body's JSON. */
export function readBody(text: string): Checked<unknown> {
  if (isDeeper(text, maxBodyDepth))
    return unreadable('the body is nested too deeply', `must be nested at most ${maxBodyDepth} levels deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return notJson;
  }
  // It would be kept as null.
  if (!hasFiniteNumbers(text, value))
    return unreadable('the body has too large a number', 'must hold no number beyond 1.8e308');
  return { ok: true, value };
}

const notJson = unreadable('the body is not JSON', 'must be JSON in UTF-8');

function unreadable(error: string, message: string): Checked<never> {
  return { ok: false, problem: problem('invalid_request', error, { details: [{ path: '', message }] }) };
}

/** The answer as API Gateway sends it on. */
export function respond(answer: ApiAnswer, requestId: string): APIGatewayProxyResult {
  const fixed = {
    'Content-Type': 'application/json',
    'X-Request-Id': requestId,
    'Cache-Control': 'no-store',
  };
  if (!('problem' in answer)) {
    return {
      statusCode: answer.status,
      headers: { ...fixed, ...answer.headers },
      body: answer.body === undefined ? '' : JSON.stringify(answer.body),
    };
  }
  const { code, error, details, retryAfterSeconds } = answer.problem;
  return {
    statusCode: problemStatus[code],
    headers: {
      ...fixed,
      ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({
      error,
      code,
      ...(details === undefined ? {} : { details }),
      request_id: requestId,
    }),
  };
}

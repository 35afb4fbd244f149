import type { APIGatewayProxyEvent } from 'aws-lambda';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Problem, problemStatus } from '../../core/problem.ts';
import { pathsOf, type Route, routes } from '../../core/routes.ts';
import { readBody, readRequest, respond } from '../../functions/http.ts';
import { hostileJson } from '../support/hostile.ts';

/** What API Gateway hands over is text from outside wherever it is not a route's own name. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', ' ', '\u0000', '"', 'x'.repeat(400), '__proto__', '00-0-0-0', '{"a":'),
);
const named = (names: string[], values: fc.Arbitrary<unknown>) =>
  fc
    .array(fc.tuple(fc.constantFrom(...names, '__proto__'), values), { maxLength: 4 })
    .map(Object.fromEntries);
const declared = Object.values<Route>(routes).flatMap((route) =>
  pathsOf(route).map((resource) => ({ resource, httpMethod: route.method as string })),
);

const events = fc
  .tuple(
    fc.oneof(fc.constantFrom(...declared), fc.record({ resource: text, httpMethod: text })),
    fc.record({
      headers: fc.option(
        named(['Idempotency-Key', 'If-None-Match', 'traceparent', 'Host'], fc.oneof(text, fc.constant('k'))),
      ),
      pathParameters: fc.option(named(['id', 'tenant'], fc.oneof(text, fc.constant('acme')))),
      multiValueQueryStringParameters: fc.option(
        named(['status', 'wait', 'limit', 'x'], fc.option(fc.array(text))),
      ),
      body: fc.option(text),
      isBase64Encoded: fc.boolean(),
      requestContext: fc.record({
        identity: fc.record({ userArn: fc.option(text), caller: fc.option(text) }),
      }),
    }),
  )
  .map(([route, rest]) => ({ ...route, ...rest }) as unknown as APIGatewayProxyEvent);

function isProblem(problem: Problem): void {
  expect(Object.keys(problemStatus)).toContain(problem.code);
  const { statusCode, body } = respond({ problem }, 'r');
  expect(statusCode).toBe(problemStatus[problem.code]);
  expect(JSON.parse(body)).toMatchObject({ code: problem.code, error: problem.error, request_id: 'r' });
}

test('whatever API Gateway hands over is a request or a problem', () => {
  fc.assert(
    fc.property(events, (event) => {
      const read = readRequest(event, 'r');
      if (!read.ok) return isProblem(read.problem);
      expect(read.value.tenant).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
      expect(read.value.idempotencyKey ?? 'k').toMatch(/^[ -~]{1,255}$/);
      expect(read.value.createdBy.length).toBeLessThanOrEqual(128);
      expect(Object.values(read.value.query).every(Array.isArray)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('whatever the body is, it is JSON or a problem', () => {
  const nested = fc
    .tuple(fc.constantFrom('[', '{"a":', '[{"b":'), fc.nat(2_000))
    .map(([open, times]) => open.repeat(times));
  const bodies = fc.oneof(
    text,
    fc.json(),
    nested,
    hostileJson(['type', 'jobs']).map((each) => JSON.stringify(each)),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      const read = readBody(body);
      if (!read.ok) isProblem(read.problem);
      else expect(JSON.stringify(read.value)).toBe(JSON.stringify(JSON.parse(body)));
    }),
    { numRuns: 500 },
  );
});

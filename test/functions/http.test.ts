import type { APIGatewayProxyEvent } from 'aws-lambda';
import { expect, test } from 'vitest';
import { readRequest } from '../../functions/http.ts';

const event = (more: Partial<APIGatewayProxyEvent>): APIGatewayProxyEvent =>
  ({
    httpMethod: 'POST',
    resource: '/v1/jobs',
    headers: {},
    pathParameters: null,
    multiValueQueryStringParameters: null,
    isBase64Encoded: false,
    requestContext: { identity: {} },
    ...more,
  }) as APIGatewayProxyEvent;

const codeOf = (more: Partial<APIGatewayProxyEvent>): string => {
  const read = readRequest(event(more), 'r-1');
  return read.ok ? 'ok' : read.problem.code;
};

test.each([
  ['/v1/jobs', 1_064_960],
  ['/v1/jobs/batch', 4_194_304],
  ['/v1/jobs/{id}/retry', 1_064_960],
])('%s takes a body of %d bytes and not one more', (resource, bytes) => {
  expect(codeOf({ resource, body: 'x'.repeat(bytes) })).toBe('ok');
  expect(codeOf({ resource, body: 'x'.repeat(bytes + 1) })).toBe('payload_too_large');
});

test('413 comes before 400: a body that is too large, with a bad key and an unknown parameter', () => {
  const headers = { 'Idempotency-Key': 'ä' };
  const more = { headers, multiValueQueryStringParameters: { what: ['1'] } };
  expect(codeOf({ ...more, body: 'x'.repeat(1_064_961) })).toBe('payload_too_large');
  expect(codeOf({ ...more, body: '{}' })).toBe('invalid_request');
});

test('a body that API Gateway hands over in base64 is read as it was sent', () => {
  const read = readRequest(
    event({ body: Buffer.from('{"ä":1}').toString('base64'), isBase64Encoded: true }),
    'r-1',
  );
  expect(read.ok && read.value.body).toBe('{"ä":1}');
});

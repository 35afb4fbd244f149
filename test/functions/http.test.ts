import type { APIGatewayProxyEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { problem } from '../../core/problem.ts';
import { apiHandler } from '../../functions/api.ts';
import { type ApiRequest, readRequest, respond } from '../../functions/http.ts';

const event = (fields: Partial<APIGatewayProxyEvent> = {}) =>
  ({
    httpMethod: 'GET',
    resource: '/v1/jobs/{id}',
    headers: {},
    pathParameters: { id: 'an-id' },
    body: null,
    isBase64Encoded: false,
    requestContext: { requestId: 'request-1', identity: { userArn: 'arn:aws:iam::000000000000:user/ada' } },
    ...fields,
  }) as unknown as APIGatewayProxyEvent;

const read = (fields: Partial<APIGatewayProxyEvent> = {}): ApiRequest => {
  const request = readRequest(event(fields), 'request-1');
  if (!request.ok) throw new Error(request.problem.error);
  return request.value;
};

describe('a request', () => {
  it('of the short path is the default tenant’s', () => {
    expect(read()).toEqual({
      route: 'getJob',
      tenant: 'default',
      base: '/v1',
      id: 'an-id',
      query: {},
      body: '',
      createdBy: 'arn:aws:iam::000000000000:user/ada',
      requestId: 'request-1',
    });
  });

  it('of the long path names its tenant', () => {
    const path = { resource: '/v1/tenants/{tenant}/jobs/{id}', pathParameters: { tenant: 'acme', id: 'x' } };
    expect(read(path)).toMatchObject({ route: 'getJob', tenant: 'acme', base: '/v1/tenants/acme', id: 'x' });
  });

  it('has headers in any case', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'IDEMPOTENCY-key': 'a key', 'if-none-match': '"x"', TraceParent: traceparent };
    expect(read({ headers })).toMatchObject({ idempotencyKey: 'a key', ifNoneMatch: '"x"', traceparent });
  });

  it.each(['nonsense', '00-xyz-b7ad6b7169203331-01', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01; drop`])(
    'drops the traceparent %s instead of passing it on',
    (traceparent) => expect(read({ headers: { traceparent } })).not.toHaveProperty('traceparent'),
  );

  it('keeps every value of a query parameter', () => {
    const request = read({
      resource: '/v1/jobs',
      multiValueQueryStringParameters: { tag: ['a', 'b'], limit: ['5'] },
    });
    expect(request.query).toEqual({ tag: ['a', 'b'], limit: ['5'] });
  });

  it('in Base64 is read as text', () => {
    expect(read({ body: Buffer.from('{"ü":1}').toString('base64'), isBase64Encoded: true }).body).toBe(
      '{"ü":1}',
    );
  });

  it('of a caller without an ARN, or with a very long one', () => {
    const by = (identity: object) => read({ requestContext: { identity } as never }).createdBy;
    expect(by({ caller: 'AIDA:session' })).toBe('AIDA:session');
    expect(by({})).toBe('unknown');
    expect(by({ userArn: 'x'.repeat(500) })).toHaveLength(128);
  });

  it.each([
    ['a tenant out of form', { pathParameters: { tenant: 'Acme' } }, 'tenant'],
    ['an empty key', { headers: { 'Idempotency-Key': '' } }, 'Idempotency-Key'],
    ['a key of 256 characters', { headers: { 'Idempotency-Key': 'x'.repeat(256) } }, 'Idempotency-Key'],
    ['a key that is not ASCII', { headers: { 'Idempotency-Key': 'ü' } }, 'Idempotency-Key'],
    ['a query where none is known', { multiValueQueryStringParameters: { colour: ['red'] } }, 'colour'],
  ])('with %s: 400, by name', (_, fields, path) => {
    expect(readRequest(event(fields), 'r')).toMatchObject({
      ok: false,
      problem: { code: 'invalid_request', details: [{ path }] },
    });
  });

  it('of no route: 404', () => {
    expect(readRequest(event({ httpMethod: 'DELETE' }), 'r')).toMatchObject({
      problem: { code: 'not_found' },
    });
  });
});

describe('an answer', () => {
  it('is JSON that nobody caches, with the request’s id', () => {
    expect(
      respond({ status: 201, body: { a: 1 }, headers: { Location: '/v1/jobs/x' } }, 'request-1'),
    ).toEqual({
      statusCode: 201,
      headers: {
        'Content-Type': 'application/json',
        'X-Request-Id': 'request-1',
        'Cache-Control': 'no-store',
        Location: '/v1/jobs/x',
      },
      body: '{"a":1}',
    });
  });

  it('of 304 has no body', () => {
    expect(respond({ status: 304 }, 'r').body).toBe('');
  });

  it('of a problem says what, where, and when to come again', () => {
    const busy = problem('busy', 'come later', {
      details: [{ path: '/a', message: 'b' }],
      retryAfterSeconds: 5,
    });
    const { statusCode, headers, body } = respond({ problem: busy }, 'request-1');
    expect([statusCode, headers?.['Retry-After']]).toEqual([409, '5']);
    expect(JSON.parse(body)).toEqual({
      error: 'come later',
      code: 'busy',
      details: [{ path: '/a', message: 'b' }],
      request_id: 'request-1',
    });
  });
});

describe('a handler', () => {
  beforeEach(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));
  afterEach(() => vi.restoreAllMocks());
  const answered = async (error: Error) => {
    const handler = apiHandler('manage', async () => {
      throw error;
    });
    const { statusCode, headers, body } = await handler(event(), { awsRequestId: 'lambda-1' } as never);
    return { statusCode, retryAfter: headers?.['Retry-After'], ...JSON.parse(body) };
  };

  it.each([
    'ThrottlingException',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'TooManyRequestsException',
    'ServiceUnavailable',
    'InternalServerError',
    'KMSInternalException',
    'TimeoutError',
  ])('says 503 and when to come again for AWS’s own %s', async (name) => {
    const error = Object.assign(new Error('inside'), { name });
    expect(await answered(error)).toMatchObject({ statusCode: 503, code: 'unavailable', retryAfter: '1' });
  });

  it('says 500 for anything else, and never why', async () => {
    expect(await answered(new TypeError('the reason'))).toEqual({
      statusCode: 500,
      retryAfter: undefined,
      code: 'internal',
      error: 'the request could not be answered; the log has the reason under this request_id',
      request_id: 'request-1',
    });
  });

  it('answers what it cannot read without asking its route', async () => {
    const asked: unknown[] = [];
    const handler = apiHandler('manage', async (request) => {
      asked.push(request);
      return { status: 200 };
    });
    const answer = await handler(event({ httpMethod: 'PUT' }), { awsRequestId: 'lambda-1' } as never);
    expect([answer.statusCode, asked]).toEqual([404, []]);
  });
});

import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { type ApiRequest, readRequest } from '../../functions/http.ts';

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

  it('in Base64 that is no UTF-8 is refused: read all the same it would be another text', () => {
    const broken = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from('"}')]);
    expect(readRequest(event({ body: broken.toString('base64'), isBase64Encoded: true }), 'r')).toEqual({
      ok: false,
      problem: {
        code: 'invalid_request',
        error: 'the body is not JSON',
        details: [{ path: '', message: 'must be JSON in UTF-8' }],
      },
    });
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

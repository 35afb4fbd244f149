import type { APIGatewayProxyEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { problem } from '../../core/problem.ts';
import { apiHandler } from '../../functions/api.ts';
import { respond } from '../../functions/http.ts';
import { Unopenable } from '../../functions/keys.ts';

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
  let printed = '';
  beforeEach(() => {
    printed = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
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

  it('says 503 for a connection that broke', async () => {
    const error = Object.assign(new Error('inside'), { code: 'ECONNRESET' });
    expect(await answered(error)).toMatchObject({ statusCode: 503, code: 'unavailable' });
  });

  it('says 410 for what no repeat can open', async () => {
    const error = new Unopenable('tenant "acme" has no key "k": it was shredded');
    expect(await answered(error)).toMatchObject({ statusCode: 410, code: 'payload_unopenable' });
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

  it('counts what it refuses, and only that', async () => {
    const counted = async (status: number) => {
      printed = '';
      const handler = apiHandler('manage', async () => ({ status }));
      await handler(event(), { awsRequestId: 'lambda-1' } as never);
      return JSON.parse(printed).RequestsRefused;
    };
    expect([await counted(200), await counted(304), await counted(404)]).toEqual([undefined, undefined, 1]);
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

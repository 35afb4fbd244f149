import { describe, expect, test } from 'vitest';
import type { ApiRequest } from '../../client/request.ts';
import { makeSigner } from '../../client/signed.ts';
import { testKey } from './sigv4.ts';

/** Signatures computed by botocore 1.43.11 (SigV4Auth, service execute-api) for the same requests. */
const base = new URL('https://abc123.execute-api.eu-west-1.amazonaws.com/prod');
const at = new Date('2026-11-22T03:04:05Z');
const scope = 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-west-1/execute-api/aws4_request';

async function authorization(request: ApiRequest, sessionToken?: string) {
  const credentials = { ...testKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  return (await makeSigner(base, 'eu-west-1', credentials)(request, at)).authorization;
}

describe('signatures are those of botocore', () => {
  test('a POST with a UTF-8 body and an idempotency key', async () => {
    const request: ApiRequest = {
      method: 'POST',
      path: '/prod/v1/jobs',
      query: {},
      headers: { host: base.host, 'content-type': 'application/json', 'idempotency-key': 'order-1' },
      body: '{"type":"echo","payload":{"message":"Grüße, 世界"}}',
    };
    expect(await authorization(request)).toBe(
      `${scope}, SignedHeaders=content-type;host;idempotency-key;x-amz-date, Signature=b19759252492fd9c5c0459c34595e4eaef11ee0be5a27297a6db5b5505ae36cb`,
    );
  });

  test('a GET with a query to escape and to sort, and a session token', async () => {
    const request: ApiRequest = {
      method: 'GET',
      path: '/prod/v1/tenants/acme/jobs',
      query: { tag: ['a b', 'Z/z*!'], since: '2026-11-22T03:00:00+01:00', limit: '10' },
      headers: { host: base.host },
    };
    expect(await authorization(request, 'TOKEN/with+chars=')).toBe(
      `${scope}, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=a7a250b6c9cf756fc2523c4f1a4501d9a8ee18f4e86d61a5f23d3287f70f2057`,
    );
  });

  test('a path with escapes, which SigV4 escapes once more', async () => {
    const request: ApiRequest = {
      method: 'GET',
      path: '/prod/v1/jobs/a%20b%2F%C3%A9',
      query: {},
      headers: { host: base.host },
    };
    expect(await authorization(request)).toBe(
      `${scope}, SignedHeaders=host;x-amz-date, Signature=7f26d6417416d993738695631bc53200a2c76e8b6f16874435d13cf408343a8f`,
    );
  });
});

import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiError, errorOf } from '../../client/api-error.ts';

const headers = (retryAfter: string): IncomingHttpHeaders => ({ 'retry-after': retryAfter });
const problem = '{"error":"busy","code":"busy","request_id":"r"}';

test.each([
  ['0', 0],
  ['7', 7],
  ['1.5', 1.5],
  ['-1', undefined],
  ['soon', undefined],
  ['Infinity', undefined],
  ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
])('Retry-After %s is %s seconds', (text, seconds) => {
  expect(errorOf('GET /', 409, headers(text), problem).retryAfterSeconds).toBe(seconds);
});

test('whatever is answered, the error says something and asks for no negative pause', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.constantFrom('', 'null', '[]', '{"error":1}', '1e999'),
  );
  const answered = fc.dictionary(
    fc.constantFrom('retry-after', 'x-amzn-errortype', 'x-amzn-requestid'),
    text,
  );
  fc.assert(
    fc.property(fc.integer({ min: 400, max: 599 }), answered, text, (status, received, body) => {
      const error = errorOf('GET /v1/jobs', status, received, body);
      expect(error).toBeInstanceOf(ApiError);
      expect([typeof error.code, typeof error.message, error.status]).toEqual(['string', 'string', status]);
      expect(error.retryAfterSeconds ?? 0).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(error.retryAfterSeconds ?? 0)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

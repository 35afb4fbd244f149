import { expect, test } from 'vitest';
import { readBody } from '../../functions/http.ts';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

test('a body of 500 levels is read', () => {
  expect(readBody(nested(500), 10_000).ok).toBe(true);
});

test.each([501, 4_000, 500_000])('a body of %d levels is refused as the caller’s fault', (levels) => {
  expect(readBody(nested(levels), 2_000_000)).toEqual({
    ok: false,
    problem: {
      code: 'invalid_request',
      error: 'the body is nested too deeply',
      details: [{ path: '', message: 'must be nested at most 500 levels deep' }],
    },
  });
});

test('a body that is too large is 413 however deep it is', () => {
  expect(readBody(nested(500), 999)).toMatchObject({ problem: { code: 'payload_too_large' } });
});

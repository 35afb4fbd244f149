import { expect, test } from 'vitest';
import { readBody } from '../../functions/http.ts';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

test('a body of 500 levels is read', () => {
  expect(readBody(nested(500)).ok).toBe(true);
});

test.each([501, 4_000, 500_000])('a body of %d levels is refused as the caller’s fault', (levels) => {
  expect(readBody(nested(levels))).toEqual({
    ok: false,
    problem: {
      code: 'invalid_request',
      error: 'the body is nested too deeply',
      details: [{ path: '', message: 'must be nested at most 500 levels deep' }],
    },
  });
});

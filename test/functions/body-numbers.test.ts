import { expect, test } from 'vitest';
import { readBody } from '../../functions/http.ts';

test.each([
  ['1e400', true],
  ['{"a":[{"b":-1.5E+309}]}', true],
  ['1e0000400', true],
  [`[${'9'.repeat(310)}]`, true],
  [`${'9'.repeat(250)}.5e60`, true],
  ['1e308', false],
  ['1e-400', false],
  ['"1e400"', false],
  [`"${'9'.repeat(400)}"`, false],
  [`0.${'0'.repeat(400)}1`, false],
  ['{"1e400":[null,true,"5e77"]}', false],
])('is %s refused, for it would be kept as null: %s', (body, isRefused) => {
  const read = readBody(body);
  if (isRefused)
    expect(read).toEqual({
      ok: false,
      problem: {
        code: 'invalid_request',
        error: 'the body has too large a number',
        details: [{ path: '', message: 'must hold no number beyond 1.8e308' }],
      },
    });
  else expect(read).toEqual({ ok: true, value: JSON.parse(body) });
});

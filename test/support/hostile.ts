import fc from 'fast-check';

/** Values that have broken parsers: of the wrong type, at the edge of a number, of a string, of a name. */
const awkward = fc.constantFrom<unknown>(
  ...[null, true, 0, -0, -1, 5, 0.5, 1e308, 2 ** 53, Number.MIN_VALUE],
  ...['', ' ', '\u0000', '\ud800', '😀'.repeat(20), '../..', '__proto__', '\n', 'a'.repeat(300)],
  ...['2026-11-22T10:00:00Z', '2026-02-30T10:00:00Z', '+275760-09-13T00:00:00.001Z', '0000-01-01T00:00:00Z'],
  ...['ping', 'ping', 'quick', '01a3185c-5000-7abc-8def-012345678905', '/a~2', '/-'],
  [],
  [[]],
  {},
);

/** JSON as anyone may send it: any at all, and objects with members of these names. */
export function hostileJson(names: readonly string[]): fc.Arbitrary<unknown> {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      awkward,
      fc.jsonValue({ maxDepth: 2 }),
      fc.array(tie('value'), { maxLength: 3 }),
      members(names, tie('value')),
    ),
  }));
  return fc.oneof(fc.jsonValue(), value, members(names, value));
}

function members(names: readonly string[], value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', '', 'toJSON') },
  );
  return fc
    .array(fc.tuple(name, value), { maxLength: names.length })
    .map((entries) => Object.fromEntries(entries) as unknown);
}

/** A text with one place changed: a letter put in, taken out, doubled or replaced. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(
      text,
      fc.nat(),
      fc.constantFrom('put', 'take', 'double', 'replace'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
    )
    .map(([whole, place, how, other]) => {
      const at = whole.length === 0 ? 0 : place % whole.length;
      const [before, letter, after] = [whole.slice(0, at), whole.slice(at, at + 1), whole.slice(at + 1)];
      if (how === 'put') return before + other + letter + after;
      if (how === 'double') return before + letter + letter + after;
      return before + (how === 'take' ? '' : other) + after;
    });
}

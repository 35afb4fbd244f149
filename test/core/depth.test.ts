import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDeeper } from '../../core/depth.ts';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('is deeper than', () => {
  test.each<[string, number, boolean]>([
    ['', 0, false],
    ['1', 0, false],
    ['"[[["', 0, false],
    ['[]', 0, true],
    ['[]', 1, false],
    ['[[],[],[]]', 2, false],
    ['[[],[],[]]', 1, true],
    ['{"a":{"b":{}}}', 3, false],
    ['{"a":{"b":{}}}', 2, true],
    ['["[","{",[]]', 2, false],
    ['["\\"[[[",[]]', 2, false],
    ['["\\\\",[[]]]', 2, true],
    ['["\\\\\\"[[[[",[]]', 2, false],
    ['["",[[]]]', 2, true],
    ['["\\"",[[]]]', 2, true],
    ['[["half a string [[[[', 2, false],
    ['[[["half a string', 2, true],
    ['"ends in a backslash \\', 1, false],
    [']]]][[', 1, false],
  ])('%s, %d levels: %s', (json, levels, deeper) => {
    expect(isDeeper(json, levels)).toBe(deeper);
  });

  test('agrees with the depth of the parsed value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(7), (value, levels) => {
        expect(isDeeper(JSON.stringify(value), levels)).toBe(depthOf(value) > levels);
      }),
    );
  });

  test('a megabyte of brackets, which would end the stack of whoever walks it', () => {
    expect(isDeeper('['.repeat(1_000_000), 500)).toBe(true);
    expect(isDeeper(`${'['.repeat(500)}${']'.repeat(500)}`, 500)).toBe(false);
  });
});

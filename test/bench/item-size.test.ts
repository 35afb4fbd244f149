import { expect, test } from 'vitest';
import { wireSize, writeUnits } from './item-size.ts';

test.each([
  ['a name and text in UTF-8', { gruß: { S: 'grün' } }, 5 + 5],
  ['a number: half a byte a digit, and one', { n: { N: '1795320604169' } }, 1 + 8],
  ['zeros at the end of a number are not stored', { n: { N: '3000' } }, 1 + 2],
  ['a sign is a byte', { n: { N: '-7' } }, 1 + 3],
  ['bytes as they are', { b: { B: new Uint8Array(294) } }, 1 + 294],
  ['a map: 3, and 1 for each member', { m: { M: { a: { S: 'x' }, b: { BOOL: true } } } }, 1 + 3 + 2 + 2 + 2],
  ['a list: 3, and 1 for each member', { l: { L: [{ S: 'ab' }, { S: 'c' }] } }, 1 + 3 + 2 + 3],
])('%s', (_, item, bytes) => {
  expect(wireSize(item)).toBe(bytes);
});

test.each([
  [1024, 1],
  [1025, 2],
  [4096, 4],
])('an item of %i bytes is written for %i units', (bytes, units) => {
  expect(writeUnits({ b: { B: new Uint8Array(bytes - 1) } })).toBe(units);
});

import { expect, test } from 'vitest';
import { parsePointer, putPointer, readPointer } from '../../core/json-pointer.ts';

test.each([
  ['', []],
  ['/a', ['a']],
  ['/a~1b/~0c/', ['a/b', '~c', '']],
  ['a', undefined],
  ['/a~2', undefined],
  ['/~', undefined],
])('the parts of %j are %j', (text, parts) => {
  expect(parsePointer(text)).toEqual(parts);
});

test.each([
  [{ a: [1, { b: 2 }] }, ['a', '1', 'b'], 2],
  [{ a: null }, ['a'], null],
  [{ a: null }, ['a', 'b'], undefined],
  [[1, 2], ['length'], undefined],
  [[1, 2], ['01'], undefined],
  [[1, 2], ['2'], undefined],
  ['text', ['length'], undefined],
  [{}, ['constructor'], undefined],
  [5, [], 5],
])('in %j at %j stands %j', (value, parts, found) => {
  expect(readPointer(value, parts)).toEqual(found);
});

test.each([
  [undefined, ['a', 'b'], 1, { a: { b: 1 } }],
  [{ a: { c: 2 } }, ['a', 'b'], 1, { a: { c: 2, b: 1 } }],
  [{ a: [1, 2] }, ['a', '1'], 9, { a: [1, 9] }],
  [{ a: [1, 2] }, ['a', '2'], 9, { a: [1, 2, 9] }],
  [{ a: [1, 2] }, ['a', '3'], 9, undefined],
  [{ a: 'text' }, ['a', 'b'], 1, undefined],
  [{ a: null }, ['a', 'b'], 1, undefined],
  [{ a: 1 }, [], 2, 2],
])('%j with, at %j, %j', (value, parts, part, whole) => {
  expect(putPointer(value, parts, part)).toEqual(whole);
});

test('what is put in touches neither the value nor any prototype', () => {
  const value = { a: { b: 1 } };
  const put = putPointer(value, ['__proto__', 'polluted'], true) as object;
  expect(value).toEqual({ a: { b: 1 } });
  expect(Object.getPrototypeOf(put)).toBe(Object.prototype);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

import { expect, test } from 'vitest';
import { leftOut, nodesOf, payloadOf, take } from '../../../core/workflow/source.ts';

const given = {
  resultOf: (key: string) => (key === 'count' ? { rows: 3, files: ['a', 'b'] } : undefined),
  element: { value: { file: 'x.csv' }, index: 2 },
};

test.each([
  [{ node: 'count' }, { rows: 3, files: ['a', 'b'] }],
  [{ node: 'count', pointer: '/files/1' }, 'b'],
  [{ node: 'count', pointer: '/nothing' }, undefined],
  [{ node: 'none', pointer: '/rows' }, undefined],
  [{ element: '' }, { file: 'x.csv' }],
  [{ element: '/file' }, 'x.csv'],
  [{ index: true as const }, 2],
])('%j gives %j', (source, part) => {
  expect(take(source, given)).toEqual(part);
});

test('parts are put into the payload that was given, what is not there is left out', () => {
  const from = { '/of/rows': { node: 'count', pointer: '/rows' }, '/none': { node: 'gone' } };
  expect(payloadOf({ title: 'Rows', of: { kept: true } }, from, given)).toEqual({
    title: 'Rows',
    of: { kept: true, rows: 3 },
  });
  expect(payloadOf(undefined, { '': { node: 'count' } }, given)).toEqual({ rows: 3, files: ['a', 'b'] });
});

test('an element is the payload where nothing else is said', () => {
  expect(payloadOf(undefined, undefined, given)).toEqual({ file: 'x.csv' });
  expect(payloadOf({ fixed: 1 }, undefined, given)).toEqual({ fixed: 1 });
});

test('the nodes a payload takes from, each once', () => {
  expect(
    nodesOf({ '/a': { node: 'one' }, '/b': { node: 'one' }, '/c': { element: '' }, '/d': { node: 'two' } }),
  ).toEqual(['one', 'two']);
  expect(nodesOf(undefined)).toEqual([]);
});

test('what gave nothing is named, with where it was looked for', () => {
  const from = {
    '/rows': { node: 'count', pointer: '/rows' },
    '/a': { node: 'count', pointer: '/files/7' },
    '/b': { node: 'gone' },
    '/c~1d': { element: '/name' },
    '/e': { index: true as const },
  };
  expect(leftOut(from, given)).toEqual([
    'from/~1a: the result of "count" has nothing at /files/7',
    'from/~1b: "gone" has no result',
    'from/~1c~01d: the element of the list has nothing at /name',
  ]);
  expect(leftOut(undefined, given)).toEqual([]);
});

import { expect, test } from 'vitest';
import { judgeCondition, readCondition } from '../../../core/workflow/condition.ts';

const seen = {
  results: { count: { rows: 101, files: ['x'], ok: false }, 'a-b': { n: 1 } },
  states: { count: 'completed', old: 'failed' },
};

test.each([
  ['results.count.rows > 100', true],
  ['results.count.rows == 100', false],
  ['"x" in results.count.files', true],
  ['size(results.count.files) > 1 || states.old == "failed"', true],
  ['!has(results.count.name) && results["a-b"].n < 2', true],
  ['results.count.files.exists(file, file == "x")', true],
])('%s is %j', (text, holds) => {
  expect(readCondition(text)).not.toHaveProperty('fault');
  expect(judgeCondition(text, seen)).toBe(holds);
});

test.each([
  ['results.count.gone > 1', 'the condition could not be judged: No such key: gone'],
  ['results.count.rows', 'the condition gives neither true nor false'],
])('%s can not be judged', (text, fault) => {
  expect(judgeCondition(text, seen)).toEqual({ fault });
});

test.each([
  ['1 +', 'must be an expression in CEL: Unexpected token: EOF'],
  ['', 'must be an expression in CEL: Unexpected token: EOF'],
  ['process.exit()', 'must look at results or states, not at process'],
  ['results.a.matches("(a+)+$")', 'must not call matches()'],
  ['results.a.all(x, results.a.all(y, x == y))', 'must have at most one of all, exists, exists_one, filter'],
  ['results.a.map(x, results.a + results.a).size() > 0', 'must not call map()'],
  ['results.a.exists(x, y > 1)', 'must look at results or states, not at y'],
  ['a'.repeat(1_001), 'must have at most 1000 characters'],
])('%s is refused', (text, fault) => {
  expect(readCondition(text)).toEqual({ fault });
});

test('the results and states it looks at are known beforehand', () => {
  expect(readCondition('results.a.x > 1 && results["b-c"].y || results.a.z && states.d == "failed"')).toEqual(
    { uses: ['a', 'b-c'], asks: ['d'] },
  );
});

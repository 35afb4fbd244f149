import { expect, test } from 'vitest';
import { judgeCondition, readCondition } from '../../../core/workflow/condition.ts';

const seen = {
  results: {
    count: { rows: 101, files: ['x'], ok: false },
    'a-b': { n: 1 },
    a: { name: 'Invoice ', from: '2026-01-31T09:30:00Z', to: '2026-01-31T11:30:00Z' },
  },
  states: { count: 'completed', old: 'failed' },
};

test.each([
  ['results.count.rows > 100', true],
  ['results.count.rows == 100', false],
  ['"x" in results.count.files', true],
  ['size(results.count.files) > 1 || states.old == "failed"', true],
  ['!has(results.count.name) && results["a-b"].n < 2', true],
  ['results.count.files.exists(file, file == "x")', true],
  ['int(results.count.rows) + 1 == 102 && double("1.5") < 2.0 && string(results.count.ok) == "false"', true],
  ['timestamp(results.a.to) - timestamp(results.a.from) > duration("90m")', true],
  ['timestamp(results.a.to) - timestamp(results.a.from) > duration("2h")', false],
  [
    'results.a.name.trim().lowerAscii().startsWith("in") && results.a.name.upperAscii().contains("VOICE")',
    true,
  ],
  ['results.a.name.endsWith(" ") && results.count.files.all(x, x in ["x", "y"])', true],
  ['results.count.files.filter(x, x != "x").size() == 0', true],
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
  ['process.env == 1', 'must look at results or states, not at process'],
  ['results.a.all(x, results.a.all(y, x == y))', 'must have at most one of all, exists, exists_one, filter'],
  [
    'results.a.contains(results.b)',
    'must give contains and duration a text in quotes, of at most 100 characters',
  ],
  [
    `results.a.contains("${'x'.repeat(101)}")`,
    'must give contains and duration a text in quotes, of at most 100 characters',
  ],
  [
    'duration(results.a) > duration("1h")',
    'must give contains and duration a text in quotes, of at most 100 characters',
  ],
  [
    `${'results.a + '.repeat(10)}results.a.lowerAscii() == ""`,
    'must have at most 10 of +, lowerAscii, upperAscii',
  ],
  ['results.a.exists(x, y > 1)', 'must look at results or states, not at y'],
  ['a'.repeat(1_001), 'must have at most 1000 characters'],
])('%s is refused', (text, fault) => {
  expect(readCondition(text)).toEqual({ fault });
});

const only =
  'only all, contains, double, duration, endsWith, exists, exists_one, filter, has, int, lowerAscii, size, startsWith, string, timestamp, trim, upperAscii';

test.each([
  ['split', 'results.a.split("").size() > 0'],
  ['join', 'results.a.split("").join(results.b).contains("!")'],
  ['matches', 'results.a.matches("(a+)+$")'],
  ['map', 'results.a.map(x, results.a + results.a).size() > 0'],
  ['indexOf', 'results.a.indexOf(results.b) > 0'],
  ['bytes', 'bytes(results.a).size() > 0'],
  ['bool', 'bool(results.a)'],
  ['getHours', 'timestamp(results.a).getHours(results.b) == 1'],
  ['bind', 'cel.bind(x, results.a, x == x)'],
  ['nothing', 'nothing(results.a)'],
])('%s() is refused with what is allowed', (name, text) => {
  const fault = `must not call ${name}(), ${only}`;
  expect(readCondition(text)).toEqual({ fault });
});

test('ten copies of a result are allowed', () => {
  expect(readCondition(`${'results.a + '.repeat(10)}results.a == ""`)).not.toHaveProperty('fault');
});

test('the results and states it looks at are known beforehand', () => {
  expect(readCondition('results.a.x > 1 && results["b-c"].y || results.a.z && states.d == "failed"')).toEqual(
    { uses: ['a', 'b-c'], asks: ['d'] },
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import type { JobContract } from '../../core/define.ts';
import { check } from '../../core/faults.ts';
import type { Problem } from '../../core/problem.ts';
import { checkPayload } from '../../core/request.ts';
import { contracts } from '../../jobs/contracts.ts';
import { report } from './catalogue.ts';

function problemOf(payload: unknown, contract: JobContract = report): Problem {
  const checked = checkPayload(contract, payload);
  if (checked.ok) throw new Error('the payload was taken');
  return checked.problem;
}

describe('a fault of a payload', () => {
  const site = { path: '/payload/site', message: 'must be a valid url' };
  const either = 'must have one of the forms that are allowed here';
  test.each<[string, unknown, string, string]>([
    ['no object', 5, '/payload', 'must be an object'],
    ['null', null, '/payload', 'must be an object'],
    ['a list', [], '/payload', 'must be an object'],
    ...[{}, { name: undefined }].map(
      (each) => ['a missing field', each, '/payload/name', 'is missing'] as [string, unknown, string, string],
    ),
    ['an unknown field', { name: 'abc', nom: 1 }, '/payload/nom', 'unknown field'],
    [
      'a field called __proto__',
      JSON.parse('{"name":"abc","__proto__":1}'),
      '/payload/__proto__',
      'unknown field',
    ],
    ['an empty name', { name: 'abc', '': 1 }, '/payload/', 'unknown field'],
    ['a short text', { name: 'a' }, '/payload/name', 'must have at least 2 characters'],
    ['a long text', { name: 'abcdefghijk' }, '/payload/name', 'must have at most 10 characters'],
    ['a fraction', { name: 'abc', pages: 1.5 }, '/payload/pages', 'must be a whole number'],
    ['a small number', { name: 'abc', pages: 0 }, '/payload/pages', 'must be at least 1'],
    ['a big number', { name: 'abc', pages: 100 }, '/payload/pages', 'must be at most 99'],
    ['a number at its open lower end', { name: 'abc', ratio: 0 }, '/payload/ratio', 'must be more than 0'],
    ['a number at its open upper end', { name: 'abc', ratio: 1 }, '/payload/ratio', 'must be less than 1'],
    ['none of some words', { name: 'abc', kind: 'doc' }, '/payload/kind', 'must be one of "pdf", "html"'],
    ['not the one word', { name: 'abc', exact: 'no' }, '/payload/exact', 'must be one of "yes"'],
    ['an empty list', { name: 'abc', lists: [] }, '/payload/lists', 'must have at least 1 entry'],
    [
      'deep in lists',
      { name: 'abc', lists: [[], [{ n: 1 }, { n: 'x' }]] },
      '/payload/lists/1/1/n',
      'must be a number',
    ],
    [
      'no time',
      { name: 'abc', when: 'soon' },
      '/payload/when',
      'must be a time such as 2026-01-31T09:30:00Z',
    ],
    ['no URL', { name: 'abc', site: 'x' }, site.path, site.message],
    ['none of the forms', { name: 'abc', either: 5 }, '/payload/either', either],
    ['a schema’s own message', { name: 'abc', told: 'x' }, '/payload/told', 'must be a number or nothing'],
    ['a map that is none', { name: 'abc', map: 5 }, '/payload/map', 'must be an object'],
    ['a value of a map', { name: 'abc', map: { 'a/b~': 1 } }, '/payload/map/a~1b~0', 'must be a boolean'],
    [
      'a key of a map',
      { name: 'abc', map: { 'a key too long': true } },
      '/payload/map/a key too long',
      'is not allowed',
    ],
    ['no multiple', { name: 'abc', even: 3 }, '/payload/even', 'is not allowed'],
    ['a rule without a message', { name: 'abc', odd: 2 }, '/payload/odd', 'is not allowed'],
  ])('%s', (_, payload, path, message) => {
    expect(problemOf(payload)).toEqual({
      code: 'invalid_payload',
      error: 'the payload does not fit job type "report"',
      details: [{ path, message }],
    });
  });

  test('names are cut at 64 characters, so that the answer is never longer than what was sent', () => {
    const details = problemOf({ name: 'abc', ['~'.repeat(5000)]: 1 }).details;
    expect(details).toEqual([{ path: `/payload/${'~0'.repeat(64)}…`, message: 'unknown field' }]);
  });

  test('a name of 64 characters is not cut', () => {
    expect(problemOf({ name: 'abc', ['n'.repeat(64)]: 1 }).details?.[0]?.path).toBe(
      `/payload/${'n'.repeat(64)}`,
    );
  });

  test.each([
    ['anything', z.unknown()],
    ['one of two', z.union([z.string(), z.number()])],
    ['a text with a pattern', z.string('must be a word').check(z.regex(/^a/, 'must begin with a'))],
    ['one word', z.literal('yes')],
    ['one of some', z.enum(['a', 'b'])],
    ['a list', z.array(z.string())],
    ['an object', z.strictObject({ b: z.string() })],
  ])('a missing field that is %s is said to be missing', (_, schema) => {
    expect(check(z.strictObject({ a: schema }), {}, 'invalid_request', 'no')).toMatchObject({
      problem: { details: [{ path: '/a', message: 'is missing' }] },
    });
  });

  test('as many as 50 are told', () => {
    const bad = Array.from({ length: 80 }, () => [{}]);
    expect(problemOf({ name: 'abc', lists: bad }).details).toHaveLength(50);
  });
});

describe('what is taken', () => {
  test('comes out as the schema makes it', () => {
    const schema = z.object({ a: z._default(z.number(), 5) });
    expect(check(schema, { b: 1 }, 'invalid_payload', 'x')).toEqual({ ok: true, value: { a: 5 } });
  });

  test('has no other prototype, whatever its members are called', () => {
    const schema = z.looseObject({});
    const sent = JSON.parse('{"__proto__":{"admin":true},"constructor":1}');
    const checked = check(schema, sent, 'invalid_payload', 'x');
    expect((checked as { value: { admin?: boolean } }).value.admin).toBeUndefined();
  });
});

/** Nothing of a payload may stand in an answer or a log: not in a message, and not in a path but as a member's name. */
describe('no value of a payload is echoed', () => {
  const names = [
    ...[
      'name',
      'pages',
      'ratio',
      'kind',
      'lists',
      'n',
      'when',
      'site',
      'exact',
      'either',
      'told',
      'map',
      'even',
    ],
    ...[
      'csv',
      'key',
      'delimiter',
      'title',
      'summaries',
      'summary',
      'rows',
      'bytes',
      'columns',
      'column_count',
    ],
    ...['url', 'body', 'headers', 'secret', 'message', 'x'],
  ];
  const secret = fc.stringMatching(/^[G-Z]{4,40}$/);
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      secret,
      secret.map((each) => `https://${each}:${each}@${each}/${each}`),
      secret.map((each) => `${each}\r\n${each}`),
      secret.map((each) => `../${each}`),
      fc.double(),
      fc.constantFrom(null, true),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 6 }),
    ),
  })).any;

  const types: JobContract[] = [report, ...contracts];
  test.each(types)('type $type', (contract) => {
    fc.assert(
      fc.property(value, (payload) => {
        const checked = checkPayload(contract, payload);
        if (checked.ok) return;
        expect(JSON.stringify(checked.problem)).not.toMatch(/[G-Z]{4,}/);
      }),
      { numRuns: 500 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePointer, encodePointer, tenantPattern } from '../../core/pointer.ts';
import { jobId } from './a-job.ts';

const body = '{"v":1,"tenant":"acme","job":"01a3185c-5000-7abc-8def-012345678905"}';

test('a pointer as it lies in a lane', () => {
  expect(encodePointer({ tenant: 'acme', jobId })).toBe(body);
  expect(decodePointer(body)).toEqual({ tenant: 'acme', jobId });
});

test('members that a later release adds are left alone', () => {
  expect(decodePointer(body.replace('{', '{"hint":{"a":1},'))).toEqual({ tenant: 'acme', jobId });
});

describe('is no pointer', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['half of one', body.slice(0, 40)],
    ['null', 'null'],
    ['a number', '1'],
    ['a list of one', `[${body}]`],
    ['a string of one', JSON.stringify(body)],
    ['another version', body.replace('1', '2')],
    ['a version as text', body.replace('"v":1', '"v":"1"')],
    ['no version', body.replace('"v":1,', '')],
    ['no tenant', body.replace('"tenant":"acme",', '')],
    ['a tenant that is none', body.replace('acme', 'Acme')],
    ['a tenant with a key separator', body.replace('acme', 'ac#me')],
    ['an empty tenant', body.replace('acme', '')],
    ['an id that is none', body.replace(jobId, '42')],
    ['an id with a line behind it', body.replace(jobId, `${jobId}\\n`)],
    ['a list for an id', body.replace(`"${jobId}"`, `["${jobId}"]`)],
    ['a test message of SQS or SNS', '{"Type":"Notification","Message":"x"}'],
  ])('%s', (_, text) => {
    expect(decodePointer(text)).toBeUndefined();
  });

  test('any other JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => decodePointer(text) === undefined));
  });
});

describe('a tenant', () => {
  test.each(['a', '0', 'acme', 'a-b', 'a--', '0'.repeat(40)])('may be called %s', (name) => {
    expect(tenantPattern.test(name)).toBe(true);
  });
  test.each(['', '-a', 'A', 'a_b', 'a.b', 'a#1', 'a/b', 'ä', 'a b', 'a\n', '0'.repeat(41)])(
    'may not be called %j',
    (name) => {
      expect(tenantPattern.test(name)).toBe(false);
    },
  );
});

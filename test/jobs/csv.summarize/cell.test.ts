import { describe, expect, it } from 'vitest';
import { dateOrderOf, isBoolean, isWholeNumber, numberOf, shown } from '../../../jobs/csv.summarize/cell.ts';

describe('numberOf', () => {
  it.each([
    ['0', 0],
    ['42', 42],
    ['-7', -7],
    ['+7', 7],
    ['1.50', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['-2.5E-3', -0.0025],
    ['9007199254740991', 9007199254740991],
  ])('reads %s', (text, value) => {
    expect(numberOf(text)).toBe(value);
  });

  it.each([
    ['1,234', 'thousands separators depend on the country'],
    ['1 234', 'the same'],
    ['00501', 'a postcode'],
    ['-01', 'the same'],
    ['9007199254740993', 'a double would change it'],
    ['1e999', 'beyond a double'],
    ['Infinity', 'a word'],
    ['NaN', 'a word'],
    ['0x10', 'not decimal'],
    ['1_000', 'not decimal'],
    ['.', 'no digit'],
    ['e5', 'no digit'],
    ['1e', 'no exponent'],
    ['--1', 'two signs'],
    ['١٢', 'other digits'],
    ['', 'nothing'],
  ])('leaves %j as text: %s', (text) => {
    expect(numberOf(text)).toBeUndefined();
  });

  it('tells whole numbers by how they are written', () => {
    expect([isWholeNumber('2'), isWholeNumber('-2'), isWholeNumber('2.0'), isWholeNumber('2e0')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('isBoolean', () => {
  it.each(['true', 'FALSE', 'True'])('takes %s', (text) => {
    expect(isBoolean(text)).toBe(true);
  });
  it.each(['0', 'yes', 'truely', 'untrue'])('leaves %s', (text) => {
    expect(isBoolean(text)).toBe(false);
  });
});

describe('dateOrderOf', () => {
  it.each([
    ['0001-01-01', '0099-12-31'],
    ['0099-12-31', '0100-01-01'],
    ['1999-12-31', '2000-02-29'],
    ['2026-01-01', '2026-01-01T00:00:00.001Z'],
    ['2026-01-01 09:59', '2026-01-01T10:00:00'],
    ['2026-01-01T12:00:00+02:00', '2026-01-01T10:00:00.5Z'],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00-0030'],
  ])('%s comes before %s', (earlier, later) => {
    expect(dateOrderOf(earlier)).toBeLessThan(dateOrderOf(later) as number);
  });

  it('reads the same moment in different zones as the same', () => {
    expect(dateOrderOf('2026-03-01T01:30:00+01:30')).toBe(dateOrderOf('2026-03-01'));
  });

  it.each([
    '2026-02-29',
    '2025-02-30',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-01-00',
    '2026-1-1',
    '01/02/2026',
    '20260101',
    '2026-01-01T24:00',
    '2026-01-01T10:60',
    '2026-01-01T10:00:60',
    '2026-01-01T10',
    '2026-01-01Z',
    '2026-01-01 and more',
  ])('leaves %s as text', (text) => {
    expect(dateOrderOf(text)).toBeUndefined();
  });
});

describe('shown', () => {
  it.each([
    ['exactly10!', 'exactly10!'],
    ['eleven char', 'eleven ch…'],
    ['12345678😀0', '12345678…'],
    ['a\u0000b\nc', 'a b c'],
    ['\ud800', '\ufffd'],
  ])('%j in ten units is %j', (text, expected) => {
    expect(shown(text, 10)).toBe(expected);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf, fingerprintPattern, normalised } from '../../core/fingerprint.ts';

describe('what is left of a message', () => {
  it.each([
    ['connect ECONNREFUSED 10.0.3.7:5432', 'connect ECONNREFUSED <n>:<n>'],
    ["customer 'Ada' can't pay order ord_8f3k2x9a", "customer <text> can't pay order <id>"],
    ['too late: 2026-11-22T10:00:00.000Z, 1,250.5 ms', 'too late: <time>, <n> ms'],
    ['GET https://api.example.com/v1/users/17?x=1#y said 503', 'GET https://api.example.com<path> said <n>'],
    ['GET https://api.example.com said 503', 'GET https://api.example.com said <n>'],
    ['open /var/task/a/b.csv failed', 'open <path> failed'],
    ['C:\\Users\\ada\\b.txt is locked', '<path> is locked'],
    ['read and/or write', 'read and/or write'],
    ['{"name":"Ada","owes":1.5}', '{<text>:<text>,<text>:<n>}'],
    ['mail ada.l+x@mail.example.org back', 'mail <email> back'],
    ['no item 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03', 'no item <id>'],
    ['at 0x7fff and 9f86d081884c7d65', 'at <id> and <id>'],
    ["the jobs' end wasn't reached", "the jobs' end wasn't reached"],
    ['line 1\n\tline 2', 'line <n> line <n>'],
    ['', ''],
  ])('%j', (message, left) => expect(normalised(message)).toBe(left));

  it('of a replacement beside another is replaced too', () => {
    expect(normalised("1'a'")).toBe('<n><text>');
  });

  it('is the same whatever ids, names and numbers it held', () => {
    const kinds = [
      fc.uuid(),
      fc.nat().map(String),
      fc.stringMatching(/^[a-z ]{0,20}$/).map((text) => `'${text}'`),
      fc.stringMatching(/^[a-zA-Z \d]{0,20}$/).map((text) => JSON.stringify(text)),
      fc.stringMatching(/^[a-f][a-f\d]{6}\d[a-f\d]{4}$/),
      fc.stringMatching(/^(\/[a-z\d]{1,8}){1,4}$/),
      fc.emailAddress({ size: '-1' }).filter((each) => /^[\w.+-]+@[\w.-]+$/.test(each)),
      fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
        .map((each) => each.toISOString()),
      fc.stringMatching(/^[a-z\d]{1,8}\?[a-z]=\d$/).map((path) => `https://example.com/${path}`),
    ];
    const two = fc.oneof(...kinds.map((kind) => fc.tuple(kind, kind)));
    fc.assert(
      fc.property(two, two, ([a, b], [c, d]) => {
        expect(normalised(`no ${a} for ${c} found`)).toBe(normalised(`no ${b} for ${d} found`));
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('is left as it is by normalising again', () => {
    const pieces = fc.constantFrom(
      '1',
      "'",
      '"',
      'a',
      ' ',
      '/',
      '@',
      '.',
      '<',
      '>',
      ':',
      '-',
      'x',
      'https://',
      '\n',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((each) => each.join('')),
    );
    fc.assert(
      fc.property(text, (message) => {
        const once = normalised(message);
        expect(normalised(once)).toBe(once);
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });

  it('takes no long time whatever the message', () => {
    for (const each of ["1'", 'a.', 'a-', '/', '/a', 'a@', '"', 'http://a', '0x', '2026-11-22T'])
      expect(normalised(each.repeat(2_000)).length).toBeLessThanOrEqual(20_000);
  });
});

describe('a fingerprint', () => {
  const failed = { cause: 'transient_error', code: 'network', type: 'echo', codeVersion: 'c1' } as const;
  const secret = new Uint8Array(32).fill(1);
  const of = (message: string, more: object = {}) =>
    fingerprintOf({ ...failed, ...more }, { message, secret });

  it('is 16 hex characters: an HMAC-SHA-256 of what is alike', () => {
    // printf '["fingerprint","transient_error","network","echo","c1","no <n>"]' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…
    expect(of('no 7')).toBe('57d20ae1b6927b3b');
    expect(of('no 7')).toMatch(fingerprintPattern);
  });

  it('is the same for another id, another for anything else', () => {
    expect(of('no item 7')).toBe(of('no item 8'));
    const others = [
      of('no order 7'),
      of('no item 7', { cause: 'permanent_error' }),
      of('no item 7', { code: 'database' }),
      of('no item 7', { type: 'other' }),
      of('no item 7', { codeVersion: 'c2' }),
      of('no item 7', { codeVersion: undefined }),
      fingerprintOf(failed, { message: 'no item 7', secret: new Uint8Array(32).fill(2) }),
      fingerprintOf(failed),
      of('no item 7'),
    ];
    expect(new Set(others).size).toBe(9);
  });

  it('needs no secret where nothing was thrown: it is made of what stands on the record', () => {
    const lost = { cause: 'lease_lost', code: 'lease_lost', type: 'echo' } as const;
    expect(fingerprintOf(lost)).toBe('beee316e2db7bb21');
  });
});

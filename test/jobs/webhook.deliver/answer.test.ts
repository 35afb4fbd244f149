import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobErrorFields } from '../../../core/errors.ts';
import { errorOf, retryAfterSeconds } from '../../../jobs/webhook.deliver/answer.ts';

const now = Date.UTC(2026, 10, 22, 12, 0, 0, 400);

describe('errorOf', () => {
  it.each([200, 201, 202, 204, 299])('%i is a receipt', (status) => {
    expect(errorOf('a.example', status, undefined, now)).toBeUndefined();
  });

  it.each([
    [300, 'permanent', 'rejected', 'a.example answered 300: redirects are not followed; give the final URL'],
    [301, 'permanent', 'rejected', 'a.example answered 301: redirects are not followed; give the final URL'],
    [304, 'permanent', 'rejected', 'a.example answered 304: redirects are not followed; give the final URL'],
    [308, 'permanent', 'rejected', 'a.example answered 308: redirects are not followed; give the final URL'],
    [400, 'permanent', 'rejected', 'a.example answered 400: it refuses this request'],
    [401, 'permanent', 'authentication', 'a.example answered 401: it does not accept our credentials'],
    [403, 'permanent', 'authentication', 'a.example answered 403: it does not accept our credentials'],
    [404, 'permanent', 'rejected', 'a.example answered 404: it refuses this request'],
    [408, 'transient', 'unavailable', 'a.example answered 408'],
    [410, 'permanent', 'rejected', 'a.example answered 410: it refuses this request'],
    [425, 'transient', 'unavailable', 'a.example answered 425'],
    [429, 'transient', 'rate_limit', 'a.example answered 429'],
    [500, 'transient', 'unavailable', 'a.example answered 500'],
    [503, 'transient', 'unavailable', 'a.example answered 503'],
    [599, 'transient', 'unavailable', 'a.example answered 599'],
  ])('%i is %s: %s', (status, kind, code, message) => {
    const error = errorOf('a.example', status, undefined, now);
    expect(jobErrorFields(error)).toEqual({ kind, code });
    expect(error?.message).toBe(message);
  });

  it.each([429, 503, 500, 408])('%i carries what Retry-After asks for', (status) => {
    expect(jobErrorFields(errorOf('a', status, '90', now))?.retryAfterSeconds).toBe(90);
  });
});

describe('retryAfterSeconds', () => {
  it.each([
    ['0', 0],
    ['120', 120],
    [' 120 ', 120],
    ['3600', 3600],
    ['3601', 3600],
    ['99999999999999999999', 3600],
    ['Sun, 22 Nov 2026 12:00:10 GMT', 10],
    ['Sun, 22 Nov 2026 12:00:01 GMT', 1],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['Mon, 23 Nov 2026 12:00:00 GMT', 3600],
    ['', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['soon', undefined],
    ['Sun, 22 Abc 2026 12:00:10 GMT', undefined],
    ['2026-11-22T12:00:10Z', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds);
  });
});

describe('Retry-After, whatever a server sends', () => {
  const now = 1_800_000_000_000;

  it('is nothing, or whole seconds up to an hour', () => {
    const dates = fc.date({ noInvalidDate: true }).map((each) => each.toUTCString());
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      dates,
      fc.stringMatching(/^ {0,2}[-+.0-9e]{0,12} {0,2}$/),
    );
    fc.assert(
      fc.property(fc.option(text, { nil: undefined }), (header) => {
        const seconds = retryAfterSeconds(header, now);
        expect(seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 3_600)).toBe(
          true,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('is never sooner than the server asked for, within the hour', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_600 }), fc.integer({ min: 0, max: 999 }), (asked, ms) => {
        expect(retryAfterSeconds(String(asked), now)).toBe(asked);
        const date = new Date(now + asked * 1_000).toUTCString();
        expect(retryAfterSeconds(date, now - ms)).toBe(Math.min(asked + (ms > 0 ? 1 : 0), 3_600));
      }),
    );
  });
});

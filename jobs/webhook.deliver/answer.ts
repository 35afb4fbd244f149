import { PermanentError, TransientError } from '../../core/errors.ts';

/** The longest wait a receiver may ask for, in seconds: as long as the queue ever waits between attempts. */
const maxRetryAfterSeconds = 3_600;

/** IMF-fixdate, the one form of HTTP dates that may still be sent (RFC 9110 5.6.7). */
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/**
 * What an answer's status means for the job: nothing for 2xx, else the error to throw. `retryAfter` is the
 * header, `now` in ms.
 */
export function errorOf(
  host: string,
  status: number,
  retryAfter: string | undefined,
  now: number,
): TransientError | PermanentError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const said = `${host} answered ${status}`;
  const seconds = retryAfterSeconds(retryAfter, now);
  const options = seconds === undefined ? {} : { retryAfterSeconds: seconds };
  if (status === 429) return new TransientError(said, 'rate_limit', options);
  if (status === 408 || status === 425 || status >= 500)
    return new TransientError(said, 'unavailable', options);
  if (status === 401 || status === 403)
    return new PermanentError(`${said}: it does not accept our credentials`, 'authentication');
  if (status >= 300 && status < 400)
    return new PermanentError(`${said}: redirects are not followed; give the final URL`, 'rejected');
  return new PermanentError(`${said}: it refuses this request`, 'rejected');
}

/** Reads a Retry-After header: seconds from `now` (ms), rounded up, 0 to 3,600; undefined if there is none to read. */
export function retryAfterSeconds(header: string | undefined, now: number): number | undefined {
  const seconds = secondsOf(header?.trim() ?? '', now);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), maxRetryAfterSeconds);
}

function secondsOf(header: string, now: number): number {
  if (/^\d+$/.test(header)) return Number(header);
  return httpDate.test(header) ? Math.ceil((Date.parse(header) - now) / 1_000) : Number.NaN;
}

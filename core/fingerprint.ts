import { createHmac } from 'node:crypto';
import type { FailureCause } from './table.ts';

/**
 * Failures that are alike have one fingerprint: cause, code, job type, code version and the message without
 * what differs from job to job. A message may hold what the payload held and the fingerprint stands in the
 * clear, so it is an HMAC under a secret of the tenant's: nobody without it can try messages out.
 */

/** What a fingerprint is made of besides the message: metadata that stands on the record in the clear. */
export interface FailedAs {
  cause: FailureCause;
  code: string;
  type: string;
  codeVersion?: string;
}

/** 64 bits as hex: a command line takes it as it is, and a million groups of a tenant meet with a chance of 1 in 37 million. */
export const fingerprintPattern = /^[0-9a-f]{16}$/;

/** Of a failed job whose record has none: an older release settled it. */
export const noFingerprint = '0'.repeat(16);

/** The longest part of a message that is looked at. */
const maxMessageLength = 2_000;

/**
 * @param thrown what the attempt threw, and a secret of the tenant's; absent where nothing was thrown (a lost
 * lease, a burial): then all that goes in is in the clear on the record anyway, and no secret is needed
 */
export function fingerprintOf(
  { cause, code, type, codeVersion }: FailedAs,
  thrown?: { message: string; secret: Uint8Array },
): string {
  const message = thrown === undefined ? [] : [normalised(thrown.message)];
  return createHmac('sha256', thrown?.secret ?? '')
    .update(JSON.stringify(['fingerprint', cause, code, type, codeVersion ?? '', ...message]))
    .digest('hex')
    .slice(0, 16);
}

/** What differs from job to job, and what stands for it: in this order, each over the whole message. */
const variable: readonly [RegExp, string][] = [
  // Path, query and fragment of an address; its host says which service failed.
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#"'`<>]+)[/?#][^\s"'`<>]*/gi, '$1<path>'],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, '<email>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/"[^"]*"|`[^`]*`|“[^”]*”|«[^»]*»/g, '<text>'],
  // Not the apostrophes of "can't" and "jobs'".
  [/(?<![\p{L}\p{N}])'[^']*'(?![\p{L}\p{N}])/gu, '<text>'],
  [/(?<![\w<>/:.])(?:[a-z]:)?(?:[/\\][\w.@%+~-]+)+[/\\]?/gi, '<path>'],
  // A word of letters and digits that is too long for a name: a key, a hash, a number in hex.
  [/\b(?=[a-z_-]*\d)(?=[\d-]*[a-z_])[\w-]{8,}\b|\b0x[0-9a-f]+\b/gi, '<id>'],
  [/\d+(?:[.,]\d+)*/g, '<n>'],
  [/\s+/g, ' '],
];

/** A message without what differs from job to job. Normalising twice changes nothing. */
export function normalised(message: string): string {
  let text = message.slice(0, maxMessageLength);
  // What was replaced may leave another match beside it. Every replacement uses up a digit, a quote, an @ or a slash.
  for (let before = ''; before !== text; ) {
    before = text;
    for (const [pattern, stands] of variable) text = text.replaceAll(pattern, stands);
  }
  return text.trim();
}

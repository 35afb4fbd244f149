/**
 * What a caller may ask for: pure, and free of Node's network modules, because enqueue and clients
 * check with it too. Where the address leads is judged at the connection (`addresses.ts`).
 */

/** RFC 9110 token. */
const token = /^[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/i;
/** RFC 9110 field value: printable ASCII, space and tab; no line break can smuggle in a header. */
const fieldValue = /^[\t\x20-\x7e]*$/;

/** Headers that belong to the connection (RFC 9110 7.6.1), or that we set and the receiver relies on. */
const ours = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Says what is wrong with a URL to post to, or nothing. */
export function targetProblem(url: string): string | undefined {
  if (!URL.canParse(url)) return 'must be an absolute URL';
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return 'must be an http or https URL';
  if (username !== '' || password !== '') return 'must hold no user name or password; use a header';
  return undefined;
}

/** Says what is wrong with a header that a caller wants to add, or nothing. */
export function headerProblem(name: string, value: string): string | undefined {
  const lower = name.toLowerCase();
  if (!token.test(name)) return 'is not a header name: 1 to 64 characters of RFC 9110 "token"';
  if (ours.has(lower) || lower.startsWith('webhook-') || lower.startsWith('proxy-'))
    return 'is set by TaskQ or belongs to the connection; leave it out';
  if (!fieldValue.test(value)) return 'has a value with characters other than printable ASCII, space and tab';
  return undefined;
}

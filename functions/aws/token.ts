/**
 * A task token of Step Functions as it is stored. AWS's are some 700 letters, one or two pieces of base64 one behind
 * the other: as bytes they are a quarter less, and the workflow's item stays within the kilobyte that one write unit
 * carries. What is not exactly so stays as it is; nothing here depends on what a token looks like.
 */
export type StoredToken = string | Uint8Array[];

export function packToken(token: string): StoredToken {
  const pieces = (token.match(/[^=]+=*/g) ?? []).map((each) => Buffer.from(each, 'base64'));
  return unpackToken(pieces) === token ? pieces : token;
}

export function unpackToken(stored: StoredToken): string {
  if (typeof stored === 'string') return stored;
  return stored.map((each) => Buffer.from(each).toString('base64')).join('');
}

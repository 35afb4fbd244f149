/** JSON Pointers (RFC 6901) into plain JSON: reading a part, and putting one in. */

/** `''` is the whole, else `/part/part`; `~0` is `~`, `~1` is `/`. Undefined if it is no pointer. */
export function parsePointer(text: string): string[] | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands there; undefined if nothing does. Only own members: no prototype is ever reached. */
export function readPointer(value: unknown, parts: readonly string[]): unknown {
  let at = value;
  for (const part of parts) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, part)) return undefined;
    // An array has `length` of its own, which is no part of the JSON.
    if (Array.isArray(at) && !/^(0|[1-9]\d*)$/.test(part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

/**
 * The value with `part` put in there; objects on the way are made. An array takes only an index that it has, or
 * its length. Undefined if something else than an object or array is in the way. What is passed in stays as it is.
 */
export function putPointer(value: unknown, parts: readonly string[], part: unknown): unknown {
  const [first, ...rest] = parts;
  if (first === undefined) return part;
  if (Array.isArray(value)) {
    const index = /^(0|[1-9]\d*)$/.test(first) ? Number(first) : Number.NaN;
    if (!(index <= value.length)) return undefined;
    const inner = putPointer(value[index], rest, part);
    return inner === undefined ? undefined : value.toSpliced(index, 1, inner);
  }
  if (value !== undefined && (value === null || typeof value !== 'object')) return undefined;
  const own = value as Record<string, unknown> | undefined;
  const inner = putPointer(
    own !== undefined && Object.hasOwn(own, first) ? own[first] : undefined,
    rest,
    part,
  );
  if (inner === undefined) return undefined;
  // By entries: assigned, a member called __proto__ would become the prototype.
  return Object.fromEntries([
    ...Object.entries(own ?? {}).filter(([name]) => name !== first),
    [first, inner],
  ]);
}

/** A text as one part of a pointer. */
export function escapedPart(text: string): string {
  return text.replaceAll('~', '~0').replaceAll('/', '~1');
}

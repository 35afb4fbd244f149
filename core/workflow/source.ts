import { escapedPart, parsePointer, putPointer, readPointer } from '../json-pointer.ts';

/** Where a part of a node's payload comes from: another node's result, the element of its map, or the element's place. */
export type Source = { node: string; pointer?: string } | { element: string } | { index: true };

/** What sources are read from. */
export interface Given {
  /** The result of a node by its key; undefined if it has none. */
  resultOf: (key: string) => unknown;
  element?: { value: unknown; index: number };
}

/** The part that a source names; undefined if there is none. */
export function take(source: Source, given: Given): unknown {
  if ('index' in source) return given.element?.index;
  if ('element' in source) return readPointer(given.element?.value, parsePointer(source.element) ?? []);
  return readPointer(given.resultOf(source.node), parsePointer(source.pointer ?? '') ?? []);
}

/**
 * A node's payload when it starts: what the workflow gave, with the parts of `from` put in. A part that is not there
 * (its node failed and may, or its result has none) is left out: the type's schema judges the rest when it runs.
 * @param payload as given; undefined for a node whose payload is all from elsewhere
 */
export function payloadOf(
  payload: unknown,
  from: Readonly<Record<string, Source>> | undefined,
  given: Given,
): unknown {
  // An element of a map without `from` is its job's payload.
  if (from === undefined) return payload === undefined ? given.element?.value : payload;
  let built = payload;
  for (const [pointer, source] of Object.entries(from)) {
    const part = take(source, given);
    if (part === undefined) continue;
    const put = putPointer(built, parsePointer(pointer) ?? [], part);
    if (put !== undefined) built = put;
  }
  return built;
}

/** The parts of `from` that gave nothing, each a sentence: what `payloadOf` left out. */
export function leftOut(from: Readonly<Record<string, Source>> | undefined, given: Given): string[] {
  return Object.entries(from ?? {}).flatMap(([pointer, source]) => {
    if ('index' in source || take(source, given) !== undefined) return [];
    return [`from/${escapedPart(pointer)}: ${nothingIn(source, given)}`];
  });
}

function nothingIn(source: Exclude<Source, { index: true }>, { resultOf }: Given): string {
  if ('element' in source) return `the element of the list has nothing at ${source.element}`;
  const { node, pointer = '' } = source;
  return resultOf(node) === undefined
    ? `"${node}" has no result`
    : `the result of "${node}" has nothing at ${pointer}`;
}

/** Keys of the nodes a payload takes parts from. */
export function nodesOf(from: Readonly<Record<string, Source>> | undefined): string[] {
  return [...new Set(Object.values(from ?? {}).flatMap((source) => ('node' in source ? [source.node] : [])))];
}

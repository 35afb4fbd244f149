import { check } from '../faults.ts';
import type { Fault } from '../problem.ts';
import { maxDepth, maxNodes, type NodeRequest, nodeRequest } from './request.ts';

/** Names of the nodes that can be referred to from a place, the sub-workflow's own first, then those around it. */
export interface Scope {
  /** Key as written → full key. */
  names: Map<string, string>;
  around?: Scope;
}

/** A node of the flat list. A sub-workflow is two: its start, which its inner nodes wait for, and its end, which waits for them. */
export interface Entry {
  kind: 'node' | 'start' | 'end';
  key: string;
  request: NodeRequest;
  /** JSON Pointer into the body, for faults. */
  path: string;
  scope: Scope;
  /** The start of the sub-workflow it is in. */
  within?: string;
  /** `end` only: what it waits for. */
  members?: string[];
}

/**
 * Checks each node's shape and lays sub-workflows out flat, in the order they were written.
 * @param faults what was found wrong is added here
 * @param around what the nodes stand in: what their keys begin with, and what else they may refer to
 * @returns those whose shape is right; the full keys of the others, which may be referred to; and whether all were
 *   looked at: not if they are too many, or too deep
 */
export function flatten(
  nodes: readonly unknown[],
  faults: Fault[],
  around: { prefix: string; scope: Scope },
): { entries: Entry[]; broken: Set<string>; isWhole: boolean } {
  const entries: Entry[] = [];
  const broken = new Set<string>();
  let met = 0;
  let isTooDeep = false;
  walk({ nodes, path: '/nodes', prefix: around.prefix, depth: 1, around: around.scope });
  // A sub-workflow is two of the list.
  const isTooMany = Math.max(met, entries.length) > maxNodes;
  if (isTooMany)
    faults.unshift({ path: '/nodes', message: `must be at most ${maxNodes} nodes, sub-workflows' counted` });
  return { entries, broken, isWhole: !isTooMany && !isTooDeep };

  /** @returns the full keys of what stands directly in it */
  function walk(at: {
    nodes: readonly unknown[];
    path: string;
    prefix: string;
    depth: number;
    around?: Scope;
    within?: string;
  }): string[] {
    const { path, prefix, within, depth } = at;
    // Not looked at one by one: a small body holds millions of empty nodes, and thousands of levels.
    met += at.nodes.length;
    if (met > maxNodes) return [];
    if (depth > maxDepth) {
      isTooDeep = true;
      faults.push({ path, message: `must be at most ${maxDepth} workflows deep` });
      return [];
    }
    const scope: Scope = { names: new Map(), ...(at.around === undefined ? {} : { around: at.around }) };
    const shaped = at.nodes.flatMap((node, index) => {
      const request = shapeOf(node, `${path}/${index}`, faults);
      if (request === undefined) {
        const { key } = (node ?? {}) as { key?: unknown };
        if (typeof key !== 'string') return [];
        broken.add(`${prefix}${key}`);
        if (!scope.names.has(key)) scope.names.set(key, `${prefix}${key}`);
        return [];
      }
      if (scope.names.has(request.key))
        faults.push({
          path: `${path}/${index}/key`,
          message: `must be unique: another node is called "${request.key}"`,
        });
      scope.names.set(request.key, `${prefix}${request.key}`);
      return [{ request, path: `${path}/${index}` }];
    });
    for (const { request, path: own } of shaped) {
      const key = `${prefix}${request.key}`;
      const entry: Entry = {
        kind: 'node',
        key,
        request,
        path: own,
        scope,
        ...(within === undefined ? {} : { within }),
      };
      if (request.workflow === undefined) {
        entries.push(entry);
        continue;
      }
      const start = startOf(key);
      entries.push({ ...entry, kind: 'start', key: start });
      const members = walk({
        nodes: request.workflow.nodes,
        path: `${own}/workflow/nodes`,
        prefix: `${key}/`,
        depth: depth + 1,
        around: scope,
        within: start,
      });
      entries.push({ ...entry, kind: 'end', members: [start, ...members] });
    }
    return [...scope.names.values()];
  }
}

/** No key holds a colon, so this is nobody else's. */
export function startOf(key: string): string {
  return `${key}:start`;
}

/** The key of a sub-workflow's end, by that of its start. */
export function endOf(start: string): string {
  return start.slice(0, -startOf('').length);
}

/** The full key of what is referred to from a scope; undefined if there is no such node in sight. */
export function resolve(scope: Scope, reference: string): string | undefined {
  const [first = '', ...inner] = reference.split('/');
  for (let at: Scope | undefined = scope; at !== undefined; at = at.around) {
    const full = at.names.get(first);
    if (full !== undefined) return [full, ...inner].join('/');
  }
  return undefined;
}

function shapeOf(node: unknown, path: string, faults: Fault[]): NodeRequest | undefined {
  const shape = check(nodeRequest, node, 'invalid_request', '');
  if (!shape.ok) {
    for (const fault of shape.problem.details ?? []) faults.push({ ...fault, path: `${path}${fault.path}` });
    return undefined;
  }
  const request = shape.value;
  const kinds = [request.type, request.signal, request.workflow].filter((each) => each !== undefined);
  if (kinds.length !== 1) {
    faults.push({ path, message: 'must have exactly one of type, signal and workflow' });
    return undefined;
  }
  const misplaced = (
    ['payload', 'from', 'map', 'queue', 'priority', 'delay_seconds', 'max_attempts'] as const
  ).filter((field) => request.type === undefined && request[field] !== undefined);
  for (const field of misplaced)
    faults.push({ path: `${path}/${field}`, message: 'belongs to a node with a type' });
  if (request.workflow !== undefined && request.timeout_seconds !== undefined)
    faults.push({ path: `${path}/timeout_seconds`, message: 'belongs to a node with a type or a signal' });
  return request;
}

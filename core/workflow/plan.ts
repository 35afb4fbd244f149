import { maxFaults, mustBeOneOf } from '../faults.ts';
import { escapedPart } from '../json-pointer.ts';
import { type Checked, type Fault, type ProblemCode, problem } from '../problem.ts';
import type { Catalogue } from '../request.ts';
import { readCondition } from './condition.ts';
import { type Entry, endOf, flatten, resolve, type Scope } from './flatten.ts';
import { cyclesOf, type Dependency, type FailurePolicy, type GraphNode } from './graph.ts';
import { type Found, jobFaults, jobOf, sizeFaults } from './plan-job.ts';
import { nodesOf, type Source } from './source.ts';
import type { NodeSpec } from './spec.ts';

/** What a release declares that workflows may use. */
export interface WorkflowCatalogue extends Catalogue {
  /** Names of the declared signals. */
  signals: readonly string[];
}

/** What the planned nodes come into. */
export interface Around {
  /** Their full keys begin with it. */
  prefix: string;
  /** The names by which they know what is there. */
  scope: Scope;
  /** Nodes they may depend on: in `Dependency.on` these are counted first. */
  known: readonly { key: string; onFailure: FailurePolicy }[];
}

const nothing: Around = { prefix: '', scope: { names: new Map() }, known: [] };

const defaultMapConcurrency = 40;
/** So many keys of a long cycle are named. */
const namedOfCycle = 20;

/**
 * Checks the nodes of a workflow, all faults at once with their paths, and returns them as they are stored. The
 * order is 400 before 422: what is no graph first, then what this release does not know or take. What depends on a
 * node that is none itself is judged without it.
 * @param nodes `nodes` of the body
 * @param now ms since the epoch
 */
export function plan(
  nodes: readonly unknown[],
  catalogue: WorkflowCatalogue,
  now: number,
  around = nothing,
): Checked<NodeSpec[]> {
  const { known } = around;
  const shape: Fault[] = [];
  const { entries, broken, isWhole } = flatten(nodes, shape, around);
  const faults: Found[] = shape.map((each) => ({ ...each, code: 'invalid_request' }));
  if (!isWhole) return refused(faults);
  const own = entries.map(
    ({ key, request }) => ({ key, onFailure: request.on_failure ?? 'cancel' }) as const,
  );
  const byKey = new Map([...known, ...own].map(({ key, onFailure }, index) => [key, { index, onFailure }]));
  const links = entries.map((entry) => linksOf(entry, byKey, broken, faults));
  // Of two nodes with one key, who depends on which cannot be told.
  if (new Set(own.map(({ key }) => key)).size === own.length)
    for (const cycle of cyclesOf(
      links.map((each) => each.map(({ on }) => on - known.length)),
      maxFaults,
    ))
      faults.push(cycleFault(cycle, entries));
  const specs = entries.map((entry, index): NodeSpec => {
    const { node, ...spec } = specOf(entry, catalogue, now, faults);
    faults.push(...sizeFaults(spec, entry.path));
    const end = entry.within === undefined ? undefined : byKey.get(endOf(entry.within))?.index;
    const partOf = end === undefined ? {} : { partOf: end };
    return { ...spec, node: { ...node, ...partOf, dependsOn: links[index] as Dependency[] } };
  });
  return faults.length > 0 ? refused(faults) : { ok: true, value: specs };
}

type Known = ReadonlyMap<string, { index: number; onFailure: FailurePolicy }>;

/** What an entry waits for: what it names, what it takes data from, and the start of the sub-workflow it is in. */
function linksOf(entry: Entry, byKey: Known, broken: ReadonlySet<string>, faults: Found[]): Dependency[] {
  const links = new Map<number, Dependency>();
  const link = (key: string | undefined, written: string, path: string, more: Partial<Dependency>): void => {
    const found = key === undefined ? undefined : byKey.get(key);
    if (found === undefined) {
      if (key === undefined || !isIn(broken, key))
        faults.push({
          code: 'invalid_request',
          path,
          message: `there is no node "${written}" in this workflow`,
        });
      return;
    }
    const before = links.get(found.index);
    links.set(found.index, {
      on: found.index,
      onFailure: more.onFailure ?? before?.onFailure ?? found.onFailure,
      takes: (more.takes ?? false) || (before?.takes ?? false),
    });
  };
  const { request, path, scope } = entry;
  if (entry.kind === 'end') {
    for (const [place, key] of (entry.members ?? []).entries()) link(key, key, path, { takes: place === 0 });
    return [...links.values()];
  }
  if (entry.within !== undefined)
    link(entry.within, entry.within, path, { onFailure: 'cancel', takes: true });
  for (const [index, each] of (request.depends_on ?? []).entries()) {
    const { key, on_failure } = typeof each === 'string' ? { key: each, on_failure: undefined } : each;
    link(
      resolve(scope, key),
      key,
      `${path}/depends_on/${index}`,
      on_failure === undefined ? {} : { onFailure: on_failure },
    );
  }
  for (const [pointer, source] of Object.entries(request.from ?? {})) {
    if ('node' in source)
      link(resolve(scope, source.node), source.node, `${path}/from/${escapedPart(pointer)}/node`, {
        takes: true,
      });
    else if (request.map === undefined)
      faults.push({
        code: 'invalid_request',
        path: `${path}/from/${escapedPart(pointer)}`,
        message: 'element and index belong to a node with a map',
      });
  }
  if (request.map !== undefined) {
    const { node } = request.map.over;
    link(resolve(scope, node), node, `${path}/map/over/node`, { takes: true });
  }
  return [...links.values()];
}

/** Is it one of these, or in a sub-workflow that is. */
function isIn(keys: ReadonlySet<string>, key: string): boolean {
  const parts = key.split('/');
  return parts.some((_, index) => keys.has(parts.slice(0, index + 1).join('/')));
}

function cycleFault(cycle: readonly number[], entries: readonly Entry[]): Found {
  const all = cycle.map((index) => `"${(entries[index] as Entry).key.replace(/^\.\/|:start$/g, '')}"`);
  const names =
    all.length <= namedOfCycle
      ? all
      : [...all.slice(0, namedOfCycle), `${all.length - 1 - namedOfCycle} more`, ...all.slice(-1)];
  const first = entries[cycle[0] as number] as Entry;
  return {
    code: 'invalid_request',
    path: `${first.path}/depends_on`,
    message: `these nodes wait for each other: ${names.join(' → ')}`,
  };
}

function specOf(entry: Entry, catalogue: WorkflowCatalogue, now: number, faults: Found[]): NodeSpec {
  const { key, request, kind } = entry;
  const node: GraphNode = {
    kind: kindOf(entry),
    dependsOn: [],
    onFailure: request.on_failure ?? 'cancel',
    conditional: request.when !== undefined && kind !== 'end',
    compensates: false,
  };
  if (kind === 'end') return { key, node };
  const asked = conditionOf(entry, faults);
  if (kind === 'start') return { key, node, ...asked };
  if (request.signal !== undefined) {
    if (!catalogue.signals.includes(request.signal))
      faults.push({
        code: 'unknown_signal',
        path: `${entry.path}/signal`,
        message: mustBeOneOf(catalogue.signals),
      });
    const timeout = request.timeout_seconds === undefined ? {} : { timeoutSeconds: request.timeout_seconds };
    return { key, node, ...asked, signal: { name: request.signal, ...timeout } };
  }
  const contract = jobFaults(entry, catalogue, now, faults);
  const { payload, from, map } = request;
  return {
    key,
    node: {
      ...node,
      compensates: contract?.compensates ?? false,
      ...(map === undefined ? {} : { maxConcurrency: map.max_concurrency ?? defaultMapConcurrency }),
    },
    ...asked,
    job: jobOf(request),
    ...(payload === undefined ? {} : { payload }),
    ...(from === undefined ? {} : { from: mapValues(from, (source) => fullSource(source, entry)) }),
    ...(map === undefined ? {} : { over: fullSource(map.over, entry) }),
  };
}

function kindOf({ kind, request }: Entry): GraphNode['kind'] {
  if (kind !== 'node') return 'join';
  return request.signal !== undefined ? 'signal' : request.map !== undefined ? 'map' : 'job';
}

/** `when`, and the names it knows nodes by: those that the node depends on. */
function conditionOf({ request, path, scope }: Entry, faults: Found[]): Pick<NodeSpec, 'when' | 'names'> {
  if (request.when === undefined) return {};
  const direct = (request.depends_on ?? []).map((each) => (typeof each === 'string' ? each : each.key));
  const taken = [...nodesOf(request.from), ...(request.map === undefined ? [] : [request.map.over.node])];
  const names = Object.fromEntries([...direct, ...taken].map((each) => [each, resolve(scope, each) ?? each]));
  const condition = readCondition(request.when);
  const wrong =
    'fault' in condition
      ? [condition.fault]
      : [...new Set([...condition.uses, ...condition.asks])]
          .filter((each) => !Object.hasOwn(names, each))
          .map((each) => `must look at nodes that this one depends on; "${each}" is none`);
  for (const message of wrong) faults.push({ code: 'invalid_request', path: `${path}/when`, message });
  return { when: request.when, names };
}

/** A source with its node's full key, by which it is found when it is read. */
function fullSource(source: Source, { scope }: Entry): Source {
  return 'node' in source ? { ...source, node: resolve(scope, source.node) ?? source.node } : source;
}

function mapValues<T, U>(from: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, change(value)]));
}

const sentences: Partial<Record<ProblemCode, string>> = {
  unknown_type: 'the workflow names what is not in this release',
  unknown_signal: 'the workflow waits for a signal that is not in this release',
  unknown_queue: 'the workflow names a queue that is not in this release',
  payload_too_large: 'a node of the workflow is too large',
  invalid_payload: 'a payload of the workflow does not fit its job type',
};

/** One answer for all faults, under the code of the first in the order 413, 400, 422. */
function refused(faults: readonly Found[]): { ok: false; problem: ReturnType<typeof problem> } {
  const order: ProblemCode[] = [
    'payload_too_large',
    'invalid_request',
    'unknown_type',
    'unknown_queue',
    'unknown_signal',
    'invalid_payload',
  ];
  const code = order.find((each) => faults.some((fault) => fault.code === each)) ?? 'invalid_request';
  const details = faults.slice(0, maxFaults).map(({ path, message }) => ({ path, message }));
  return {
    ok: false,
    problem: problem(code, sentences[code] ?? 'the workflow is not as the API describes it', { details }),
  };
}

import { bodyHash } from '../dedupe.ts';
import { type Checked, type Fault, problem } from '../problem.ts';
import { type AddedNodes, own, prefixOf } from './added.ts';
import type { Scope } from './flatten.ts';
import type { FailurePolicy } from './graph.ts';
import { type Around, plan, type WorkflowCatalogue } from './plan.ts';
import { adder, maxNodes } from './request.ts';
import type { NodeSpec } from './spec.ts';

/** What a node's job stands in, as those it adds see it. */
export interface Surroundings {
  names: Map<string, string>;
  around?: Scope;
  known: { key: string; onFailure: FailurePolicy }[];
}

/**
 * Checks nodes as the API does, all faults at once. Those that the job has added before are left out of the answer.
 * @param nodes plain JSON
 * @param before what the node's job has added before
 * @param there undefined: only `.` and what the job added can be referred to
 * @param room how many nodes the workflow still takes
 */
export function planAdded(
  nodes: readonly unknown[],
  before: readonly AddedNodes[],
  there: Surroundings | undefined,
  { catalogue, now, room }: { catalogue: WorkflowCatalogue; now: number; room: number },
): Checked<AddedNodes> {
  const earlier = before.flatMap(({ specs }) => specs);
  const known = uniqueKeys<Surroundings['known'][number]>([
    { key: adder, onFailure: 'cancel' },
    ...earlier.map(({ key, node }) => ({ key, onFailure: node.onFailure })),
    ...(there?.known ?? []),
  ]);
  const keys = before.flatMap(({ asked }) => Object.keys(asked));
  const names = new Map([adder, ...keys].map((key) => [key, key === adder ? key : own + key]));
  const around: Around = {
    prefix: own,
    scope: { names, ...(there === undefined ? {} : { around: there }) },
    known,
  };
  const planned = plan(nodes, catalogue, now, around);
  if (!planned.ok) return planned;
  const hashes = new Map(before.flatMap(({ asked }) => Object.entries(asked)));
  const asked = (nodes as { key: string }[]).map((node) => ({ key: node.key, hash: hashOf(node) }));
  const isNew = new Set(asked.filter(({ key }) => !hashes.has(key)).map(({ key }) => key));
  const specs = planned.value.filter(({ key }) => isNew.has(topOf(key)));
  const faults: Fault[] = asked.flatMap(({ key, hash }, index) =>
    isNew.has(key) || hashes.get(key) === hash
      ? []
      : [
          {
            path: `/nodes/${index}/key`,
            message: 'was added before with another content, which stands: give this node another key',
          },
        ],
  );
  if (specs.length > room)
    faults.push({
      path: '/nodes',
      message: `must be at most ${Math.max(0, room)}: nodes are added to a workflow of up to ${maxNodes}, elements of maps counted`,
    });
  if (faults.length > 0)
    return {
      ok: false,
      problem: problem('invalid_request', 'these nodes cannot be added', { details: faults }),
    };
  const all = [...known, ...planned.value].map(({ key }) => key);
  return {
    ok: true,
    value: {
      specs: specs.map(({ node: { dependsOn, partOf, ...node }, ...spec }) => ({
        ...spec,
        node: {
          ...node,
          dependsOn: dependsOn.map((each) => ({ ...each, on: all[each.on] as string })),
          ...(partOf === undefined ? {} : { partOf: all[partOf] as string }),
        },
      })),
      asked: Object.fromEntries(
        asked.filter(({ key }) => isNew.has(key)).map(({ key, hash }) => [key, hash]),
      ),
    },
  };
}

/** What the job of a node sees of the graph: what stands beside it, then what stands around that. */
export function surroundings(specs: readonly NodeSpec[], index: number): Surroundings {
  const by = { index, key: specs[index]?.key ?? '' };
  const prefix = prefixOf(by);
  const relative = (key: string): string =>
    key === by.key ? adder : key.startsWith(prefix) ? own + key.slice(prefix.length) : key;
  const scopes = new Map<string, Map<string, string>>();
  for (const { key } of specs) {
    const slash = key.lastIndexOf('/');
    const names = scopes.get(key.slice(0, slash + 1)) ?? new Map<string, string>();
    names.set(key.slice(slash + 1), relative(key));
    scopes.set(key.slice(0, slash + 1), names);
  }
  const chain = prefixesOf(by.key).flatMap((each) => scopes.get(each) ?? []);
  const outer = chain.reduceRight<Scope | undefined>(
    (around, names) => ({ names, ...(around === undefined ? {} : { around }) }),
    undefined,
  );
  return {
    ...(outer ?? { names: new Map() }),
    known: specs.map(({ key, node }) => ({ key: relative(key), onFailure: node.onFailure })),
  };
}

/** `etl/list` → `etl/`, then the empty one of the workflow itself. */
function prefixesOf(key: string): string[] {
  const slash = key.lastIndexOf('/');
  return slash < 0 ? [''] : [key.slice(0, slash + 1), ...prefixesOf(key.slice(0, slash))];
}

/** The key as it was asked for, of a node or of what is inside it. */
function topOf(key: string): string {
  return key.slice(own.length).split(/[/:]/)[0] ?? '';
}

function uniqueKeys<T extends { key: string }>(all: readonly T[]): T[] {
  return [...new Map(all.toReversed().map((each) => [each.key, each])).values()];
}

/** Within what is sealed, so that no secret is needed. */
function hashOf(node: unknown): string {
  return bodyHash(node, new Uint8Array());
}

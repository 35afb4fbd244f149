import type { SimulatedType } from '../catalogue.ts';
import { between, oneOf, type Random, streamOf } from '../random.ts';
import { type ActPlan, drawNodes, drawSignals, everyNode, type NodePlan, type WorkflowPlan } from './plan.ts';

/** What a history of workflows may have besides, each from a stream of its own: the others are the same without it. */
export type More = 'added nodes' | 'late signals' | 'unique keys';

const shares: Record<More, number> = { 'added nodes': 0.25, 'late signals': 0.3, 'unique keys': 0.12 };

/** @param about what it has for sure */
export function drawMore(
  flows: readonly WorkflowPlan[],
  seed: number,
  types: readonly SimulatedType[],
  about: string,
): WorkflowPlan[] {
  const drawn = (more: More): Random | undefined => {
    const random = streamOf(seed, more);
    return random() < shares[more] || about === more ? random : undefined;
  };
  const adding = drawn('added nodes');
  const signalling = drawn('late signals');
  const unique = drawn('unique keys');
  let all = [...flows];
  if (adding !== undefined) all = all.map((each) => withAdders(each, adding, types));
  if (signalling !== undefined) all = all.map((each) => withSenders(each, signalling));
  return unique === undefined ? all : withUniqueKey(all, unique, about === 'unique keys');
}

/** Some of the nodes have a job that adds nodes, which may add more. */
function withAdders(flow: WorkflowPlan, random: Random, types: readonly SimulatedType[]): WorkflowPlan {
  const added: NodePlan[] = [];
  const adder = (node: NodePlan, share: number): NodePlan => {
    const inner = node.inner.map((each) => adder(each, share));
    if ((node.kind !== 'job' && node.kind !== 'map') || random() >= share) return { ...node, inner };
    const adds = drawNodes(random, oneOf(random, [1, 2, 3]), types, `${node.key}a`).map((each) => {
      const takes = random() < 0.3;
      const afterAdder = each.after.length === 0 && random() < 0.5;
      return adder(afterAdder ? { ...each, after: [{ key: '.' }], takes } : each, 0.15);
    });
    added.push(...adds);
    return { ...node, inner, adds };
  };
  const nodes = flow.nodes.map((each) => adder(each, 0.4));
  const signals = drawSignals(random, added).map((act, index) => ({
    ...act,
    name: `${flow.name}, signal ${index + 1}`,
  }));
  return { ...flow, nodes, acts: [...flow.acts, ...signals] };
}

/** Nodes that wait for the same signal, persons who send another one at the same time, and at about the deadline. */
function withSenders(flow: WorkflowPlan, random: Random): WorkflowPlan {
  const shared = new Set(
    everyNode(flow.nodes).flatMap(({ kind, key }) => (kind === 'signal' && random() < 0.3 ? [key] : [])),
  );
  const nameOf = (key: string): string => (shared.has(key) ? 'all' : key);
  const named = (node: NodePlan): NodePlan => ({
    ...node,
    ...(shared.has(node.key) ? { signal: 'all' } : {}),
    inner: node.inner.map(named),
    adds: node.adds.map(named),
  });
  const acts = flow.acts.map((act) => (act.does === 'signal' ? { ...act, signal: nameOf(act.signal) } : act));
  const others = acts.flatMap((act): ActPlan[] =>
    act.does !== 'signal' || random() < 0.6
      ? []
      : [{ ...act, name: `${act.name} too`, afterMs: act.afterMs + between(random, 0, 2_000), says: 'no' }],
  );
  const late = everyNode(flow.nodes).flatMap(({ kind, key, timeoutSeconds }): ActPlan[] =>
    kind !== 'signal' || timeoutSeconds === undefined || random() < 0.3
      ? []
      : [
          {
            ...{ name: `${flow.name}, late for ${key}`, afterMs: 0, does: 'signal', mode: 'failed', pick: 0 },
            signal: nameOf(key),
            says: oneOf(random, ['yes', 'no']),
            aimedMs: oneOf(random, [-2_000, -300, -20, 100, 2_000, 9_000, 60_000]),
          },
        ],
  );
  return { ...flow, nodes: flow.nodes.map(named), acts: [...acts, ...others, ...late] };
}

/**
 * More workflows with the same unique key, most of them at about the same time, and one when all have ended.
 * @param alone they do little else: what two of them do at once is to be frequent
 */
function withUniqueKey(flows: readonly WorkflowPlan[], random: Random, alone: boolean): WorkflowPlan[] {
  const [first, ...rest] = flows as [WorkflowPlan, ...WorkflowPlan[]];
  const nodes = first.nodes
    .slice(0, oneOf(random, [1, 2]))
    .map((each): NodePlan => ({ ...each, kind: 'job', after: [], inner: [], adds: [] }));
  const key = (name: string) => (random() < 0.7 ? { key: `key of ${name}` } : {});
  const more = (name: string, atMs: number): WorkflowPlan => ({
    ...{ name, atMs, unique: 'one', callback: false },
    nodes,
    acts:
      random() < 0.4
        ? [
            {
              ...{ name: `${name}, retry`, does: 'retry', mode: 'all', signal: '', pick: 0 },
              afterMs: between(random, 0, 60_000),
            },
          ]
        : [],
  });
  const beside = Array.from({ length: oneOf(random, alone ? [3, 4] : [1, 2, 3]) }, (_, index) => {
    const name = `workflow ${flows.length + index + 1}`;
    return {
      ...more(name, first.atMs + between(random, 0, oneOf(random, [50, 2_000, 60_000, 200_000]))),
      ...key(name),
    };
  });
  const last = {
    ...more('workflow at last', first.atMs),
    ...{ key: 'key of the last', whenEnded: true as const },
    acts: [],
  };
  if (alone) return [{ ...more(first.name, first.atMs), ...key(first.name) }, ...beside, last];
  return [{ ...first, unique: 'one' }, ...rest, ...beside, last];
}

import { everyNode, type NodePlan, type WorkflowPlan } from './plan.ts';

/** The request that starts a planned workflow. What a node names and is not there is left out. */
export function bodyOf({
  name,
  nodes,
  timeoutSeconds,
  callback,
  unique,
}: WorkflowPlan): Record<string, unknown> {
  return {
    nodes: nodes.map((node) => nodeOf(name, node, nodes)),
    ...(timeoutSeconds === undefined ? {} : { timeout_seconds: timeoutSeconds }),
    ...(callback ? { callback: { url: 'https://told.test/' } } : {}),
    ...(unique === undefined ? {} : { unique_key: unique }),
  };
}

/** The nodes that a node's job adds, where it is called `.`. */
export function addedBy(workflow: string, adder: NodePlan): Record<string, unknown>[] {
  return adder.adds.map((node) => nodeOf(workflow, node, adder.adds, { ...adder, key: '.' }));
}

/** By what a job says whose it is. */
export const scriptOf = (workflow: string, { key }: NodePlan): string => `${workflow} ${key}`;

const conditions = {
  'it is so': (key: string) => `states.${key} != "nothing"`,
  'it is not so': (key: string) => `states.${key} == "nothing"`,
  'it depends': (key: string) => `states.${key} == "completed" && results.${key}.attempt == 1`,
};

function nodeOf(
  workflow: string,
  node: NodePlan,
  beside: readonly NodePlan[],
  adder?: NodePlan,
): Record<string, unknown> {
  const among = adder === undefined ? beside : [adder, ...beside];
  const after = node.after.filter(({ key }) => among.some((each) => each.key === key));
  const [first] = after;
  const before = among
    .flatMap((each) => [each, ...everyNode(each.inner)])
    .find(({ key }) => key === first?.key);
  const common = {
    key: node.key,
    depends_on: after.map(({ key, onFailure }) =>
      onFailure === undefined ? key : { key, on_failure: onFailure },
    ),
    ...(node.onFailure === undefined ? {} : { on_failure: node.onFailure }),
    ...(node.when === undefined || before?.kind !== 'job' || before === adder
      ? {}
      : { when: conditions[node.when](before.key) }),
  };
  if (node.kind === 'signal')
    return {
      ...common,
      signal: signalOf(node.signal ?? node.key),
      ...(node.timeoutSeconds === undefined ? {} : { timeout_seconds: node.timeoutSeconds }),
    };
  if (node.kind === 'sub' && node.inner.length > 0)
    return { ...common, workflow: { nodes: node.inner.map((each) => nodeOf(workflow, each, node.inner)) } };
  const isMap = node.kind === 'map' && before?.kind === 'job';
  const takes =
    node.takes && before !== undefined && before.kind !== 'sub' ? { '/taken': { node: before.key } } : {};
  return {
    ...common,
    type: node.type,
    payload: { script: scriptOf(workflow, node) },
    max_attempts: node.maxAttempts,
    ...(node.delaySeconds === undefined ? {} : { delay_seconds: node.delaySeconds }),
    from: { ...takes, ...(isMap ? { '/at': { index: true } } : {}) },
    ...(isMap
      ? { map: { over: { node: before.key, pointer: '/items' }, max_concurrency: node.maxConcurrency } }
      : {}),
  };
}

/** Most nodes that wait for one have their own. */
export const signalOf = (key: string): string => `signal-of-${key}`;

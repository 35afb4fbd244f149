import type { SimulatedType } from '../catalogue.ts';
import type { Chances } from '../faults.ts';
import { type Behaviour, drawBehaviour } from '../handlers.ts';
import { between, oneOf, type Random } from '../random.ts';

/** One workflow, and what persons do to it. */
export interface WorkflowPlan {
  name: string;
  atMs: number;
  /** An idempotency key: repeated until answered. */
  key?: string;
  timeoutSeconds?: number;
  /** Its end is told. */
  callback: boolean;
  /** While one with this key runs, no other does. */
  unique?: string;
  /** It comes when all others of its key have ended. */
  whenEnded?: true;
  nodes: NodePlan[];
  acts: ActPlan[];
}

/** A node. What it names and is not there (it was shrunk away) is left out of the request. */
export interface NodePlan {
  key: string;
  kind: 'job' | 'map' | 'signal' | 'sub';
  after: { key: string; onFailure?: FailurePlan }[];
  onFailure?: FailurePlan;
  /** A condition over the first node that it comes after. */
  when?: 'it is so' | 'it is not so' | 'it depends';
  /** It takes data from the first node that it comes after. */
  takes: boolean;
  type: SimulatedType;
  maxAttempts: number;
  delaySeconds?: number;
  /** What its handler does, attempt by attempt; an element of a map begins later in the list. */
  behaviours: Behaviour[];
  undoes: Behaviour[];
  /** How long a list its job gives. */
  items: number;
  maxConcurrency: number;
  /** Of a signal: how long it is waited for. */
  timeoutSeconds?: number;
  /** Of a signal: its name, where it is not the node's own. */
  signal?: string;
  /** Of a sub-workflow. */
  inner: NodePlan[];
  /** Nodes that its job adds. */
  adds: NodePlan[];
}
type FailurePlan = 'cancel' | 'continue' | 'compensate';

export interface ActPlan {
  name: string;
  /** After the workflow was to be started; a retry waits for its end besides. */
  afterMs: number;
  does: 'cancel' | 'retry' | 'signal' | 'cancel a job' | 'read';
  /** Of a retry. */
  mode: 'failed' | 'all';
  /** Of a signal: its name. */
  signal: string;
  /** Of a signal: its payload, by which senders are told apart. */
  says?: 'yes' | 'no';
  /** Of a signal: sent so long after the deadline of who waits for it, or before it, as soon as that is known. */
  aimedMs?: number;
  /** Which of its jobs, 0 ≤ n < 1. */
  pick: number;
}

const minute = 60_000;

/** Executions that are gone, and invocations that come twice, besides what can happen to every call. */
export function drawExecutionFaults(random: Random): Pick<Chances, 'vanished' | 'invokedTwice'> {
  return {
    vanished: random() < 0.3 ? 0.05 * random() : 0,
    invokedTwice: random() < 0.4 ? 0.4 * random() : 0,
  };
}

/** @param types of its jobs */
export function drawWorkflow(
  name: string,
  random: Random,
  faultyMs: number,
  types: readonly SimulatedType[],
): WorkflowPlan {
  const nodes = drawNodes(random, oneOf(random, [2, 3, 4, 6, 10, 16]), types, 'n');
  const key = random() < 0.7 ? `key of ${name}` : undefined;
  return {
    name,
    atMs: between(random, 0, faultyMs / 3),
    ...(key === undefined ? {} : { key }),
    ...(random() < 0.15 ? { timeoutSeconds: oneOf(random, [20, 120, 600, 4_000]) } : {}),
    callback: random() < 0.3,
    nodes,
    acts: [...drawSignals(random, nodes), ...drawActs(random, faultyMs)].map((act, index) => ({
      ...act,
      name: `${name}, act ${index + 1}`,
    })),
  };
}

/** Jobs of one attempt that end just before a lease does which was never renewed. */
export function drawLossyWorkflow(name: string, random: Random): WorkflowPlan {
  const [node] = drawNodes(random, 1, ['long'], 'n') as [NodePlan];
  const { when: _, delaySeconds: __, ...plain } = node;
  return {
    name,
    atMs: between(random, 0, 2_000),
    key: `key of ${name}`,
    callback: false,
    acts: [],
    nodes: Array.from({ length: 12 }, (_, index) => ({
      ...plain,
      ...{
        key: `n${index}`,
        kind: 'job',
        after: [],
        inner: [],
        takes: false,
        maxAttempts: 1,
        items: 0,
        adds: [],
      },
      behaviours: [{ does: 'return', afterMs: between(random, 21_000, 24_900) }],
    })),
  };
}

export function drawNodes(
  random: Random,
  count: number,
  types: readonly SimulatedType[],
  prefix: string,
): NodePlan[] {
  const compensates = random() < 0.4 ? 0.5 : 0.1;
  const nodes: NodePlan[] = [];
  for (let index = 0; index < count; index++) {
    const parents = Math.min(index, oneOf(random, [0, 1, 1, 1, 2, 3]));
    const after = [...new Set(Array.from({ length: parents }, () => oneOf(random, nodes).key))];
    const failure = (): FailurePlan =>
      random() < compensates ? 'compensate' : oneOf(random, ['cancel', 'continue'] as const);
    const before = nodes.find(({ key }) => key === after[0]);
    const roll = random();
    const kind =
      roll < 0.12 && before?.kind === 'job'
        ? 'map'
        : roll < 0.2
          ? 'signal'
          : roll < 0.25 && prefix === 'n'
            ? 'sub'
            : 'job';
    const type = oneOf(random, types);
    nodes.push({
      key: `${prefix}${index}`,
      kind,
      after: after.map((key) => ({ key, ...(random() < 0.2 ? { onFailure: failure() } : {}) })),
      ...(random() < 0.6 ? { onFailure: failure() } : {}),
      ...(random() < 0.15 && before?.kind === 'job'
        ? { when: oneOf(random, ['it is so', 'it is not so', 'it depends'] as const) }
        : {}),
      takes: random() < 0.3,
      type,
      maxAttempts: oneOf(random, [1, 1, 2, 3]),
      ...(random() < 0.06 ? { delaySeconds: oneOf(random, [1, 20, 1_000]) } : {}),
      behaviours: drawBehaviours(random, type, 0.7),
      undoes: drawBehaviours(random, type, 0.6),
      items: oneOf(random, [0, 1, 2, 3, 5]),
      maxConcurrency: oneOf(random, [1, 2, 40]),
      ...(random() < 0.5 ? { timeoutSeconds: oneOf(random, [5, 90, 1_500]) } : {}),
      inner: kind === 'sub' ? drawNodes(random, between(random, 1, 3), types, `i${index}_`) : [],
      adds: [],
    });
  }
  return nodes;
}

function drawBehaviours(random: Random, type: SimulatedType, plain: number): Behaviour[] {
  return Array.from({ length: 3 }, () =>
    random() < plain
      ? { does: 'return', afterMs: oneOf(random, [0, 0, 5, 50, 1_000, 9_000]) }
      : drawBehaviour(random, type === 'long'),
  );
}

/** Each signal early, in time or late; one that nobody waits for in vain may never come. */
export function drawSignals(random: Random, nodes: readonly NodePlan[]): Omit<ActPlan, 'name'>[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'sub') return drawSignals(random, node.inner);
    if (node.kind !== 'signal' || (node.timeoutSeconds !== undefined && random() < 0.3)) return [];
    const afterMs = between(random, 0, oneOf(random, [500, 30_000, 10 * minute]));
    return [{ afterMs, does: 'signal', mode: 'failed', signal: node.key, pick: 0 }];
  });
}

function drawActs(random: Random, faultyMs: number): Omit<ActPlan, 'name'>[] {
  return Array.from({ length: oneOf(random, [0, 0, 1, 1, 2, 3]) }, () => ({
    afterMs: between(random, 100, oneOf(random, [2_000, 30_000, faultyMs])),
    does: oneOf(random, ['cancel', 'retry', 'retry', 'retry', 'cancel a job', 'read'] as const),
    mode: oneOf(random, ['failed', 'failed', 'all'] as const),
    signal: '',
    pick: random(),
  }));
}

/** The plan of a node, wherever it stands. */
export function everyNode(nodes: readonly NodePlan[]): NodePlan[] {
  return nodes.flatMap((node) => [node, ...everyNode(node.inner), ...everyNode(node.adds)]);
}

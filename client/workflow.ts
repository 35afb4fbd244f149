import type * as z from 'zod/mini';
import type { SignalContract } from '../core/define.ts';
import type { FailurePolicy } from '../core/workflow/graph.ts';
import type { NodeRequest } from '../core/workflow/request.ts';
import type {
  AnyContract,
  CheckedFrom,
  CheckedOver,
  ElementOf,
  From,
  FromElement,
  FromIndex,
  FromNode,
  PayloadOf,
  PayloadPart,
  ResultOf,
  Results,
} from './workflow/fits.ts';

/** A part of an earlier node's result, by JSON Pointer: `from('list', '/files')`. */
export function from<const K extends string, const P extends string>(node: K, pointer: P): FromNode<K, P> {
  return { node, pointer };
}

/** The whole result of an earlier node; of a map, the list of its elements' results, in their order. */
export function result<const K extends string>(node: K): FromNode<K, ''> {
  return { node, pointer: '' };
}

/** In a node with `map`: the element that each job is for, or a part of it. */
export function element<const P extends string = ''>(pointer: P = '' as P): FromElement<P> {
  return { element: pointer };
}

/** In a node with `map`: the place of that element in the list, from 0. */
export function index(): FromIndex {
  return { index: true };
}

/** What every node may say beside what it is. @template Key the nodes before it */
interface Placed<Key> {
  /** Nodes that must end first; those that `from` and `map` name need not be repeated. */
  after?: readonly (Key | { key: Key; on_failure?: FailurePolicy })[];
  /** An expression in CEL over `results.key` and `states.key`; false: the node is skipped. */
  when?: string;
  /** What its own failure does. */
  on_failure?: FailurePolicy;
}

type JobSettings = Pick<
  NodeRequest,
  'queue' | 'priority' | 'delay_seconds' | 'max_attempts' | 'timeout_seconds'
>;

type Key<N> = keyof N & string;
type NewKey<N, K> = K extends keyof N ? never : K;
type With<N, K extends string, R> = { [Each in keyof N | K]: Each extends keyof N ? N[Each] : R };
type Mapped<O, R> = [O] extends [never] ? R : R[];

type JobNode<N extends Results, C extends AnyContract, F, O> = Placed<Key<N>> &
  JobSettings & {
    /** Where in the payload → where it comes from. */
    from?: F & CheckedFrom<N, ElementOf<N, O>, PayloadOf<C>, F>;
    /** One job for each element of that list, so many at a time (40). Without `from`, the element is the payload. */
    map?: { over: O & CheckedOver<N, O>; max_concurrency?: number };
  } & PayloadPart<N, ElementOf<N, O>, PayloadOf<C>, F>;

/** A workflow as it is built; every call gives a new one. @template N key of each node → type of its result */
// biome-ignore lint/complexity/noBannedTypes: no node yet
export interface Workflow<N extends Results = {}> {
  /** As the API takes them. */
  readonly nodes: readonly NodeRequest[];
  /** A job of a type. */
  node<
    const K extends string,
    C extends AnyContract,
    // biome-ignore lint/complexity/noBannedTypes: nothing from elsewhere
    const F extends Readonly<Record<string, From>> = {},
    O extends FromNode = never,
  >(
    key: K & NewKey<N, K>,
    contract: C,
    node: JobNode<N, C, F, O>,
  ): Workflow<With<N, K, Mapped<O, ResultOf<C>>>>;
  /** Waits for a signal, whose payload is its result; `timeout_seconds`: no longer than that. */
  signal<const K extends string, S extends z.core.$ZodType>(
    key: K & NewKey<N, K>,
    signal: SignalContract<string, S>,
    node?: Placed<Key<N>> & Pick<NodeRequest, 'timeout_seconds'>,
  ): Workflow<With<N, K, z.core.output<S>>>;
  /** A workflow in this one: its nodes are known as `key/node`, and `key` ends with the last of them. */
  part<const K extends string, I extends Results>(
    key: K & NewKey<N, K>,
    inner: Workflow<I>,
    node?: Placed<Key<N>>,
  ): Workflow<With<N, K, undefined> & { [Each in keyof I & string as `${K}/${Each}`]: I[Each] }>;
}

/**
 * Builds the nodes of a workflow, checked by their contracts' types: a node can name only those before it, so there
 * is no cycle, and what it takes from them must fit its payload.
 */
export function workflow(): Workflow {
  return built([]);
}

interface Options extends Placed<string>, JobSettings {
  payload?: unknown;
  from?: NodeRequest['from'];
  map?: NodeRequest['map'];
}

// The types stand in the interface; what is done for them is the same for all.
function built(nodes: readonly NodeRequest[]): Workflow {
  const add = (node: Partial<NodeRequest>, key: string, { after, ...rest }: Options = {}) =>
    built([
      ...nodes,
      { key, ...node, ...rest, ...(after === undefined ? {} : { depends_on: [...after] }) },
    ]) as never;
  return {
    nodes,
    node: (key: string, { type }: AnyContract, options: object) => add({ type }, key, options),
    signal: (key: string, { name }: SignalContract, options?: object) => add({ signal: name }, key, options),
    part: (key: string, inner: Workflow<never>, options?: object) =>
      add({ workflow: { nodes: [...inner.nodes] } }, key, options),
  };
}

import { shardOf } from '../id.ts';
import type { RecordKey, Sealed, Stored } from '../table.ts';
import type { Phase, WorkflowEnd } from './advance.ts';
import type { NodeState } from './states.ts';

export const stops = ['cancelled', 'timeout', 'unopenable'] as const;

/**
 * A workflow in the control table:
 *
 *   pk = w#tenant#shard      sk = workflowId        the workflow itself
 *   pk = wp#tenant#id        sk = nodes#000000      its nodes from that index on: sealed, elements of a map, or added
 *                            sk = states#0000       one letter a node, 512 nodes an item
 *                            sk = signal#name       a signal that has come, sealed; behind it the round from which it counts, if there is one
 *                            sk = patch#name        payloads that a retry gave to nodes, sealed
 *                            sk = callback          whom to tell of its end, sealed
 *   pk = wa#tenant#id        sk = 00012#0000         nodes that the job of node 12 added: its first part of them, sealed
 *   pk = watch#0…7           sk = tenant#workflowId the watch over it (`core/workflow/watch.ts`)
 *   pk = wk#tenant#hmac      sk = key               a unique key, naming the workflow that holds it
 */
export interface WorkflowItem extends RecordKey {
  v: 1;
  status: 'running' | WorkflowEnd;
  phase: Phase;
  /** Why it is `stopping`, or was ended: `unopenable` when the key of its nodes is gone. */
  stopped?: (typeof stops)[number];
  /** Rises with all that an advance must look at. */
  changes: number;
  /** What happened since (`core/workflow/news.ts`); absent when nothing did. */
  unread?: Set<string>;
  /** Task token of the execution that waits; absent while one advances. Whoever raises `changes` takes it. */
  token?: string;
  /** Nodes that it had when it was last advanced. */
  nodes: number;
  /** Node, or `u` and the node for its undoing → how often it was begun anew within its round, where it was. */
  generations?: Record<string, number>;
  /** How often it was retried. */
  round?: number;
  /** When it was last retried, ms: its timeout counts from there. */
  retriedAt?: number;
  /** Round of the last retry of everything: signals that came before it do not count. */
  signalsFrom?: number;
  /** Names of the payloads that retries gave, in their order. */
  patches?: string[];
  /** State → how many nodes had it when it was last advanced. */
  counts?: Partial<Record<NodeState, number>>;
  /** Signal node → until when it is waited for, ms. */
  deadlines?: Record<string, number>;
  /** Node → why it failed, where no job can say so. */
  causes?: Record<string, string>;
  /** Rises with every execution of Step Functions: `<id>`, `<id>-1`, … */
  execution: number;
  /** How often it was advanced in this execution, and in all. */
  advances: number;
  advancesInAll: number;
  /** When its execution looks at it at the latest, ms: much later than this, it is gone. */
  lookAt?: number;
  /** Nothing ran, nothing could start, and it was not over. */
  stuck?: boolean;
  /** ms */
  timeoutAt?: number;
  createdBy: string;
  traceparent?: string;
  tags?: string[];
  /** Partition of its unique key. */
  unique?: string;
  /** Somebody asked to be told of its end. */
  callback?: true;
  finishedAt?: number;
  /** Seconds, for TTL. */
  expiresAt?: number;
}

/** The nodes from `first` on. `added`: the parts that jobs added, in this order. */
export type NodesPart = { first: number; count: number } & (
  | { sealed: Sealed }
  | { elementOf: number }
  | { added: AddedName[] }
);

/** What the job of a node added, one part for each time it did (`core/workflow/added.ts`). */
export interface AddedName {
  /** The node, by its index. */
  by: number;
  /** 0 for its first part. */
  nth: number;
}
export interface AddedPart extends AddedName {
  sealed: Stored;
}

/** A part that stands by itself: a signal, the payloads of a retry, a callback. */
export interface KeptPart extends Sealed {
  /** Of a signal: when it was sent, ms; absent on one that an earlier release kept. */
  storedAt?: number;
}

export interface StatesPart {
  index: number;
  letters: string;
  /** In which round each was last begun (`core/workflow/retry.ts`); absent while none was retried. */
  rounds?: string;
  /** Rises with every write: two advances at once do not overwrite each other. */
  revision: number;
}

export function workflowKey(tenant: string, id: string): RecordKey {
  return { pk: workflowShard(tenant, shardOf(id)), sk: id };
}

/** A tenant's workflows of one shard, newest last. */
export function workflowShard(tenant: string, shard: number): string {
  return `w#${tenant}#${shard}`;
}

export function partsPartition(tenant: string, id: string): string {
  return `wp#${tenant}#${id}`;
}

/** Nodes that jobs added: a partition of their own, so that a worker can write nothing else of the workflow. */
export function addedPartition(tenant: string, id: string): string {
  return `wa#${tenant}#${id}`;
}

/** @param nth undefined: what the names of all parts of this node begin with */
export function addedSortKey({ by, nth }: { by: number; nth?: number }): string {
  return `${String(by).padStart(5, '0')}#${nth === undefined ? '' : String(nth).padStart(4, '0')}`;
}

export const partNames = {
  nodes: (first: number) => `nodes#${String(first).padStart(6, '0')}`,
  states: (index: number) => `states#${String(index).padStart(4, '0')}`,
  signal: (name: string, { signalsFrom }: Pick<WorkflowItem, 'signalsFrom'>) =>
    signalsFrom === undefined ? `signal#${name}` : `signal#${name}#${signalsFrom}`,
  patch: (name: string) => `patch#${name}`,
  callback: 'callback',
} as const;

/** Who holds a unique key. */
export interface KeyHolder {
  /** As long as that one runs. */
  workflow: string;
  /** When it was last taken, ms: a call or an advance that has just done so goes on from there. */
  heldAt: number;
  /** Rises each time it is taken, by its holder too: what was seen of a key that was taken since is out of date. */
  revision: number;
  /** Seconds, for TTL: its workflow has ended. */
  expiresAt?: number;
}

/** A unique key. Older releases wrote neither when it was taken nor how often. */
export interface UniqueKey extends RecordKey, Partial<KeyHolder> {
  v: 1;
  workflow: string;
}

/** Where a unique key lies: the key itself is not stored, only its HMAC. @param hashed partition of the same key as an idempotency key */
export function uniqueKeyOf({ pk, sk }: RecordKey): RecordKey {
  return { pk: `w${pk}`, sk };
}

/** The same by its partition, as a workflow remembers it. */
export function uniqueKeyAt(pk: string): RecordKey {
  return { pk, sk: 'key' };
}

/** The error a task token is handed back with when the workflow has ended: the state machine catches it, and is done. */
export const endedError = 'ended';

/** The name of the execution: Step Functions knows a name for 90 days, so that starting twice is harmless. */
export function executionName(id: string, execution: number): string {
  return execution === 0 ? id : `${id}-${execution}`;
}

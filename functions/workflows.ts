import type { RecordKey } from '../core/table.ts';
import type {
  AddedPart,
  KeptPart,
  KeyHolder,
  NodesPart,
  StatesPart,
  WorkflowItem,
} from '../core/workflow/item.ts';
import type { Mark } from '../core/workflow/watch.ts';

/** The port to stored workflows. Every read but a list's is consistent. */
export interface Workflows {
  /**
   * Its nodes first, then the workflow itself; a workflow that stands already stays as it is, and is returned. States
   * come with the first advance, and until then every node waits: written here, a repeat of the SDK's that arrives late
   * would put them over what has happened since.
   */
  create(item: WorkflowItem, nodes: readonly NodesPart[]): Promise<WorkflowItem>;
  get(tenant: string, id: string): Promise<WorkflowItem | undefined>;
  /** In the order of their first node, from the one at this index on. */
  nodes(tenant: string, id: string, from: number): Promise<NodesPart[]>;
  /** Appends nodes. False if others stand there: another advance was quicker. */
  append(tenant: string, id: string, part: NodesPart): Promise<boolean>;
  /** Keeps nodes that a job added, for an advance to append. False if there is a part of that name. */
  addNodes(tenant: string, id: string, part: AddedPart): Promise<boolean>;
  /** What jobs added, or the job of this one node, in its order. */
  added(tenant: string, id: string, by?: number): Promise<AddedPart[]>;
  states(tenant: string, id: string): Promise<StatesPart[]>;
  /** Writes `letters` over revision `revision - 1`. False if another advance was quicker. */
  saveStates(tenant: string, id: string, part: StatesPart): Promise<boolean>;
  /** A sealed part by its name (`partNames`): a signal, or the payloads of a retry. */
  part(tenant: string, id: string, name: string): Promise<KeptPart | undefined>;
  /** Keeps a sealed part; the first of a name stands. */
  keepPart(tenant: string, id: string, name: string, part: KeptPart): Promise<boolean>;
  /**
   * Takes a unique key that is free or its own, at a time, ms; or takes it over from the workflow that held it, if that
   * one has not taken it again since it was seen.
   * @returns who holds it instead, if it could not
   */
  holdKey(key: RecordKey, workflow: string, now: number, over?: KeyHolder): Promise<KeyHolder | undefined>;
  /** Sets when a unique key goes, in seconds, if this workflow holds it. */
  expireKey(key: RecordKey, workflow: string, expiresAt: number): Promise<void>;
  /**
   * Adds news and raises `changes`, taking the waiting token away in the same write. Undefined if there is no such
   * workflow or it has ended; with `phase`, also if it is in another one.
   */
  raise(
    tenant: string,
    id: string,
    news: readonly string[],
    phase?: WorkflowItem['phase'],
  ): Promise<{ token?: string } | undefined>;
  /** Puts back a token that was taken, if the workflow runs and has no other by now. */
  returnToken(tenant: string, id: string, token: string): Promise<void>;
  /**
   * Writes what an advance leaves behind, if `changes` is still what it read and no other advance has come to its end
   * since, of this execution or the next. False: something came in between.
   */
  rest(seen: WorkflowItem, change: RestChange): Promise<boolean>;
  /** Takes away news that were taken in, whatever came since. */
  forget(tenant: string, id: string, news: readonly string[]): Promise<void>;
  /** Puts a workflow under watch, or puts its next look off. */
  mark(mark: Mark): Promise<void>;
  /** Takes it off: the mark goes with its time to live. */
  unmark(mark: Mark): Promise<void>;
  /** Marks of one partition whose time has come. */
  marks(partition: string, until: number): Promise<Mark[]>;
  /** Lets go of an execution that is gone, if the workflow is still as it was seen: its number rises. */
  revive(seen: WorkflowItem, lookAt: number): Promise<boolean>;
  /** Sets when all parts of a workflow go, in seconds; undefined: never. */
  expireParts(tenant: string, id: string, expiresAt: number | undefined): Promise<void>;
  /** Sets an ended workflow going again if it is still as it was seen, raising `changes`. */
  reopen(seen: WorkflowItem, change: Reopening): Promise<boolean>;
  /** Of one partition with `after <= id <= before`, newest first, at most `limit`. Eventually consistent. */
  newest(query: { pk: string; before: string; after: string; limit: number }): Promise<WorkflowItem[]>;
}

/** What a retry writes. */
export interface Reopening {
  set: Partial<Omit<WorkflowItem, 'pk' | 'sk' | 'changes'>>;
  remove: readonly (keyof WorkflowItem)[];
}

/** What becomes of a workflow between two advances. */
export interface RestChange {
  /** News that were taken in. */
  read: readonly string[];
  set: Partial<Omit<WorkflowItem, 'pk' | 'sk' | 'changes' | 'unread'>>;
}

/** The port to Step Functions. */
export interface Executions {
  /** Starting what was started is a success. */
  start(name: string, input: { tenant: string; workflow: string }): Promise<void>;
  /** Hands a task token back. A token that is gone or timed out is normal. */
  handBack(token: string, answer: Answer): Promise<void>;
}

/** Is the execution over, else how long the next state of the machine waits before it looks by itself. */
export interface Answer {
  done: boolean;
  waitSeconds: number;
}

/** A wake-up that is lost is made up for by the first look a minute later, then less and less often. */
export const firstWaitSeconds = 60;

export function goOn(waitSeconds = firstWaitSeconds): Answer {
  return { done: false, waitSeconds };
}

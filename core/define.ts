import type * as z from 'zod/mini';
import type { NodeRequest } from './workflow/request.ts';

/** A queue as its owner declares it: one worker function, five lanes, one dead-letter queue. */
export interface QueueContract {
  /** `[a-z0-9._-]{1,64}` */
  name: string;
  memoryMb: number;
  /** Jobs of one receive that run together in one process, 1 to 10 (one SQS receive). 1 where a type runs longer than 60 s. */
  batchConcurrency: number;
}

/** What a handler is given beside its payload. */
export interface JobContext {
  id: string;
  tenant: string;
  /** 1 for the first start. */
  attempt: number;
  /** Aborts on timeout, on cancellation (within 10 s) and on a lost lease. Pass it to whatever waits: what the handler does after that is ignored. */
  signal: AbortSignal;
  /** One structured line, with job id and attempt added. Never log what a payload holds. */
  log(message: string, fields?: Record<string, string | number | boolean>): void;
  /**
   * How far the attempt is: `percent` of 0 to 100, whole, and a note of up to 100 characters (the rest is cut).
   * Call it as often as you like: it is written every 2 s at most, the last value wins. Metadata, which whoever
   * may see the job may read: never put anything of the payload into the note. It fails no attempt: what is no number,
   * or a note that is no text, is left out, and the worker's log has one warning of it.
   */
  progress(percent: number, note?: string): void;
  /**
   * Streams an object of the data bucket. `key` is relative to `tenants/{tenant}/`; no other object can
   * be reached. Throws PermanentError when there is no such object.
   */
  read(key: string): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Does something outside that must not be done twice. What `perform` returns is stored, sealed, and from then on
   * every call with this key returns it, in this attempt and in all that follow, a person's retry among them.
   * Should the process die between the two, `perform` runs again: it is given a key to pass on to the outside
   * service, the same every time. A value comes back as JSON keeps it; at most 4,096 bytes, 50 keys a job,
   * `[A-Za-z0-9][A-Za-z0-9._:-]{0,63}`, else PermanentError. What throws stores nothing. A late attempt is refused.
   */
  once<T>(key: string, perform: (idempotencyKey: string) => T | Promise<T>): Promise<T>;
  /**
   * Ends this start and asks for another one after so many seconds, whole, up to a year after the job's
   * creation; no attempt is spent.
   * For a job that waits for something outside, or that is done in parts. Nothing it returns is kept: what the next
   * start must know stands elsewhere. It throws, so call it outside of `try`.
   */
  snooze(seconds: number): never;
  /**
   * Adds nodes to the workflow that the job runs in, as `POST /v1/workflows` takes them; `contract.node(key, …)` makes
   * one, typed. Without `depends_on` a node starts at once. It may name `.`, the node of this job (so it starts once
   * this one has completed), what this job adds, and nodes beside its own. `list` adding `a` makes `list/a`.
   *
   * All or none, in the order of the calls. A key that this job has added before, in an attempt that died perhaps, adds
   * nothing. Throws PermanentError that lists every fault; also for the same key with another content, outside a
   * workflow, and in one that is being stopped or undone. Await it: once the handler has returned nothing is added, and
   * a job that returns while it adds fails.
   */
  enqueue(nodes: readonly NodeRequest[]): Promise<void>;
  /** What the stage tells handlers, e.g. whether private addresses may be called. */
  settings: JobSettings;
}

export interface JobSettings {
  /** Local stages only: webhooks may go to private and loopback addresses. */
  allowPrivateAddresses: boolean;
}

export interface JobContract<
  P extends z.core.$ZodType = z.core.$ZodType,
  R extends z.core.$ZodType = z.core.$ZodType,
> {
  type: string;
  queue: string;
  payload: P;
  result: R;
  /**
   * Default and maximum of a run, in seconds; a request may only lower it. At most 885; a type above 60 belongs
   * into a queue of `batchConcurrency: 1`, whose leases are renewed.
   */
  timeoutSeconds: number;
  /** Default and maximum of starts; a request may only lower it. */
  retry: { maxAttempts: number };
  /** Its `run.ts` can undo what a completed job did: workflows that compensate call it. */
  compensates?: boolean;
}

export type Run<P, R> = (payload: P, job: JobContext) => Promise<R>;

/** Undoes what a completed job did, given what that job was given and what it returned. Called at least once, with its own attempts. */
export type Compensate<P, R> = (payload: P, result: R, job: JobContext) => Promise<unknown>;

/** A job type: its contract, and `run`, which ties a handler to it and checks the handler's types. */
export interface JobType<T extends string, P extends z.core.$ZodType, R extends z.core.$ZodType>
  extends JobContract<P, R> {
  type: T;
  run(handler: Run<z.core.output<P>, z.core.input<R>>): Run<z.core.output<P>, z.core.input<R>>;
  /** A node of this type, for `job.enqueue`. */
  node(key: string, node: NodeOf<P>): NodeRequest;
}

/** Its payload may be part of one where the rest comes `from` elsewhere. */
export type NodeOf<P extends z.core.$ZodType> = Omit<
  NodeRequest,
  'key' | 'type' | 'signal' | 'workflow' | 'payload'
> &
  (
    | { payload: z.core.input<P>; from?: never; map?: never }
    | { payload?: Partial<z.core.input<P>>; from: NonNullable<NodeRequest['from']> }
    | { payload?: Partial<z.core.input<P>>; map: NonNullable<NodeRequest['map']> }
  );

/** A type that compensates: its `run.ts` exports a second handler, made with this, as `compensate`. */
export interface UndoableJobType<T extends string, P extends z.core.$ZodType, R extends z.core.$ZodType>
  extends JobType<T, P, R> {
  compensates: true;
  compensate(
    handler: Compensate<z.core.output<P>, z.core.output<R>>,
  ): Compensate<z.core.output<P>, z.core.output<R>>;
}

/** Declares a job type. The numbers are checked when the stacks are synthesised (`core/lane.ts`). */
export function defineJob<const T extends string, P extends z.core.$ZodType, R extends z.core.$ZodType>(
  contract: JobContract<P, R> & { type: T; compensates: true },
): UndoableJobType<T, P, R>;
export function defineJob<const T extends string, P extends z.core.$ZodType, R extends z.core.$ZodType>(
  contract: JobContract<P, R> & { type: T; compensates?: false },
): JobType<T, P, R> & { compensates?: false };
export function defineJob<const T extends string, P extends z.core.$ZodType, R extends z.core.$ZodType>(
  contract: JobContract<P, R> & { type: T },
): unknown {
  return {
    ...contract,
    run: (handler: Run<z.core.output<P>, z.core.input<R>>) => handler,
    node: (key: string, node: NodeOf<P>) => ({ key, type: contract.type, ...node }),
    compensate: (handler: Compensate<z.core.output<P>, z.core.output<R>>) => handler,
  };
}

/** An event from outside that nodes of workflows wait for: a person's approval, another system's answer. */
export interface SignalContract<N extends string = string, P extends z.core.$ZodType = z.core.$ZodType> {
  /** `[a-z0-9._-]{1,64}`; part of the path that IAM authorises. */
  name: N;
  payload: P;
}

/** Declares a signal; `jobs/signals.ts` lists them all. */
export function defineSignal<const N extends string, P extends z.core.$ZodType>(
  signal: SignalContract<N, P>,
): SignalContract<N, P> {
  return signal;
}

/** Types and queues that begin so are TaskQ's own (`core/operations.ts`). */
export const ownPrefix = 'taskq';

/** Is a type or queue of that name TaskQ's own. */
export function isOwn(name: string): boolean {
  return name === ownPrefix || name.startsWith(`${ownPrefix}.`);
}

import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { JobStore } from '../../core/change.ts';
import type { Death } from '../../core/death.ts';
import type { JobContext } from '../../core/define.ts';
import { lanes as laneNames, type QueueTimes } from '../../core/lane.ts';
import { effectSeedBytes } from '../../core/once.ts';
import { bury } from '../../functions/bury/bury.ts';
import { enqueue } from '../../functions/enqueue/enqueue.ts';
import type { ApiAnswer, ApiRequest } from '../../functions/http.ts';
import { laneOfArn } from '../../functions/lanes.ts';
import { look, tellWaiting } from '../../functions/look.ts';
import { cancelJob, retryJob } from '../../functions/manage/change.ts';
import { patchJob } from '../../functions/manage/patch.ts';
import { release } from '../../functions/release/release.ts';
import { walk } from '../../functions/release/walk.ts';
import { patienceOfCallersMs, type Tell, tellingStore, tellWorkflows } from '../../functions/tell.ts';
import { type EnqueueOf, enqueueOf } from '../../functions/work/enqueue.ts';
import { renewThere, type StartThread } from '../../functions/work/renew-there.ts';
import { serveRenewals } from '../../functions/work/serve-renewals.ts';
import { type WorkDeps, work } from '../../functions/work/work.ts';
import { addsNothing } from '../support/worker.ts';
import { catalogues, lanesOf, queueNames, timesOf } from './catalogue.ts';
import { urlOf } from './lanes.ts';
import type { PersonPlan } from './plan.ts';
import { keys, type Ports } from './ports.ts';
import type { Process } from './process.ts';
import { between } from './random.ts';
import type { FlowPorts } from './workflow/ports.ts';

/** The pipeline's functions, wired as their handlers wire them: to one process and its ports. */

const urls = Object.fromEntries(
  queueNames.map((queue) => [
    queue,
    Object.fromEntries((lanesOf[queue] ?? laneNames).map((lane) => [lane, urlOf(`${queue}-${lane}`)])),
  ]),
);

/** A process with all that it reaches the world through, and the same for a thread of it. */
export interface Program {
  process: Process;
  ports: Ports;
  thread: () => Pick<Program, 'process' | 'ports'>;
}

/** What a job carries: by what it is known; of one that undoes another, what that one carried. */
export type Payload = { script?: string; at?: number; payload?: Payload };

const ignore = (): void => {};
export const common = (process: Process) => ({ now: process.now, onError: ignore, log: ignore });
const messageDeps = (process: Process) => ({
  /** The log is asked for up to 2 s, and here never knows. */
  async findDeath(): Promise<Death> {
    await process.sleep(between(process.random, 1, 2_000));
    return { cause: 'lease_lost' };
  },
  urlOf: (arn: string) => laneOfArn(urls, arn),
  storeUnreadable: async () => {},
});

export function contractOf(process: Process) {
  return (type: string) => catalogues[process.release].contracts.find((each) => each.type === type);
}

export function randomBytes({ random }: Process) {
  return (count: number) => Uint8Array.from({ length: count }, () => between(random, 0, 255));
}

export function enqueueBatch(process: Process, ports: Ports, jobs: unknown[], key: string | undefined) {
  const step = enqueue({
    ...common(process),
    ...ports,
    catalogue: catalogues[process.release],
    keys,
    randomBytes: randomBytes(process),
  });
  return step(requestOf('enqueueBatch', { body: { jobs }, ...(key === undefined ? {} : { key }) }), {});
}

/** A job posted by itself, after others. */
export function enqueueAfter(
  process: Process,
  ports: Ports,
  body: Record<string, unknown>,
  key: string | undefined,
) {
  const step = enqueue({
    ...common(process),
    ...ports,
    catalogue: catalogues[process.release],
    keys,
    randomBytes: randomBytes(process),
  });
  return step(requestOf('enqueueJob', { body, ...(key === undefined ? {} : { key }) }), {});
}

export function changeJob(
  process: Process,
  ports: Ports,
  { does, inSeconds }: PersonPlan,
  id: string,
): Promise<ApiAnswer> {
  const deps = manageDeps(process, ports);
  if (does === 'retry') return retryJob(deps, requestOf('retryJob', { id }));
  if (does === 'cancel') return cancelJob(deps, requestOf('cancelJob', { id }));
  const runAt = new Date(process.now() + inSeconds * 1000).toISOString();
  return patchJob(deps, requestOf('patchJob', { id, body: { run_at: runAt } }));
}

export function cancelJobOf(process: Process, ports: Ports, id: string): Promise<ApiAnswer> {
  return cancelJob(manageDeps(process, ports), requestOf('cancelJob', { id }));
}

function manageDeps(process: Process, ports: Ports) {
  // There is no message to give back: what could not be told is found by the workflow's next look.
  const store = telling(
    process,
    ports,
    (tell) => (records) => tell(records).catch(ignore),
    patienceOfCallersMs,
  );
  return { ...common(process), ...ports, store, contractOf: contractOf(process) };
}

/** Tells workflows, and jobs that wait. */
function tellOf(process: Process, { flows, ...ports }: Ports): Tell {
  const tellWaiters = tellWaiting({ ...common(process), ...ports });
  return async (records) => {
    const awaited = records.filter(({ watchers }) => watchers !== undefined);
    await Promise.all([
      flows === undefined ? undefined : tellWorkflows(flows)(records),
      awaited.length === 0 ? undefined : tellWaiters(awaited),
    ]);
  };
}

/** The store of whoever ends jobs: it tells who waits for them. */
export function telling(
  process: Process,
  ports: Ports,
  how = (tell: Tell): Tell => tell,
  patienceMs?: number,
): JobStore {
  return tellingStore(ports.store, how(tellOf(process, ports)), ignore, process.after, patienceMs);
}

export function requestOf(
  route: ApiRequest['route'],
  { id = '', body, key }: { id?: string; body?: unknown; key?: string },
): ApiRequest {
  return {
    route,
    tenant: 'default',
    base: '/v1',
    id,
    query: {},
    body: body === undefined ? '' : JSON.stringify(body),
    createdBy: 'simulation',
    requestId: 'r',
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
}

export function workOn(
  program: Program,
  queue: string,
  records: readonly SQSRecord[],
  handle: (payload: Payload, job: JobContext) => Promise<unknown>,
  remainingMs: () => number,
): Promise<SQSBatchResponse> {
  const step = work({
    ...workerDeps(program, queue),
    contractOf: contractOf(program.process),
    handlerOf: async () => async (payload: never, job) => handle(payload, job),
  });
  return step(records, remainingMs, {}, program.process.name);
}

/** What the worker of a queue has, whatever it runs. */
export function workerDeps(
  { process, ports, thread }: Program,
  queue: string,
): Omit<WorkDeps, 'contractOf' | 'handlerOf'> {
  const { long, leaseMs, longestTimeoutMs } = timesOf[queue] as QueueTimes;
  return {
    ...common(process),
    ...ports,
    store: telling(process, ports),
    ...messageDeps(process),
    queue,
    keys,
    look: look({ ...common(process), ...ports }),
    readObject: async () => undefined,
    enqueueOf: ports.flows === undefined ? addsNothing : addsTo(process, ports, ports.flows),
    settings: { allowPrivateAddresses: false },
    after: process.after,
    leaseMs,
    ...(long ? { renew: renewThere(startThread(process, thread())) } : {}),
    longestTimeoutMs,
    codeVersion: process.release,
    newSeed: () => randomBytes(process)(effectSeedBytes),
    newOwner: () => {
      process.owner = Buffer.from(randomBytes(process)(9)).toString('base64url');
      return process.owner;
    },
    monotonic: process.monotonic,
    random: process.random,
    soon: (flush) => void process.after(3, flush),
  };
}

/** `job.enqueue`, in a history that has workflows. */
function addsTo(process: Process, ports: Ports, flows: FlowPorts): EnqueueOf {
  const signals = flows.signals.map(({ name }) => name);
  const catalogue = { ...catalogues[process.release], signals };
  return enqueueOf({ ...common(process), ...ports, ...flows, catalogue });
}

/** The thread that renews leases: a loop of its own in the same process. */
function startThread(
  process: Process,
  { process: thread, ports }: ReturnType<Program['thread']>,
): StartThread {
  return (onNews) => {
    const take = serveRenewals(
      {
        ...common(thread),
        ...ports,
        monotonic: process.monotonic,
        after: thread.after,
        endProcess: ({ mine }) => process.die(`${mine.sk.slice(-6)} blocked it past its time`),
      },
      (news) => void process.after(1, () => onNews(news)),
    );
    return (order) => void thread.after(1, () => take(order));
  };
}

export function buryAll(
  process: Process,
  ports: Ports,
  records: readonly SQSRecord[],
): Promise<SQSBatchResponse> {
  return bury({
    ...common(process),
    ...ports,
    store: telling(process, ports),
    tell: tellOf(process, ports),
    ...messageDeps(process),
  })(records, {});
}

/** @param part which half of the due entries */
export function releaseDue(
  process: Process,
  ports: Ports,
  remainingMs: () => number,
  part: number,
): Promise<unknown> {
  return release({ ...common(process), ...ports })(remainingMs, {}, { part, parts: releaseParts });
}
export const releaseParts = 2;

export function walkAll(process: Process, ports: Ports, remainingMs: () => number): Promise<unknown> {
  return walk({ ...common(process), ...ports, tenants: async () => ['default'] })(remainingMs, {});
}

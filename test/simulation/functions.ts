import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { Death } from '../../core/death.ts';
import type { JobContext } from '../../core/define.ts';
import { lanes as laneNames, type QueueTimes, queueTimes } from '../../core/lane.ts';
import { effectSeedBytes } from '../../core/once.ts';
import { bury } from '../../functions/bury/bury.ts';
import { enqueue } from '../../functions/enqueue/enqueue.ts';
import type { ApiAnswer, ApiRequest } from '../../functions/http.ts';
import { laneOfArn } from '../../functions/lanes.ts';
import { cancelJob, retryJob } from '../../functions/manage/change.ts';
import { patchJob } from '../../functions/manage/patch.ts';
import { release } from '../../functions/release/release.ts';
import { walk } from '../../functions/release/walk.ts';
import { work } from '../../functions/work/work.ts';
import { catalogues, queueNames } from './catalogue.ts';
import { urlOf } from './lanes.ts';
import type { PersonPlan } from './plan.ts';
import { keys, type Ports } from './ports.ts';
import type { Process } from './process.ts';
import { between } from './random.ts';

/** The pipeline's functions, wired as their handlers wire them: to one process and its ports. */

const urls = Object.fromEntries(
  queueNames.map((queue) => [
    queue,
    Object.fromEntries(laneNames.map((lane) => [lane, urlOf(`${queue}-${lane}`)])),
  ]),
);
export const timesOf: Record<string, QueueTimes> = Object.fromEntries(
  queueNames.map((queue) => [queue, queueTimes(queue, catalogues.new.contracts)]),
);

const ignore = (): void => {};
const common = (process: Process) => ({ now: process.now, onError: ignore, log: ignore });
const messageDeps = {
  findDeath: async (): Promise<Death> => ({ cause: 'lease_lost' }),
  urlOf: (arn: string) => laneOfArn(urls, arn),
  storeUnreadable: async () => {},
};

function contractOf(process: Process) {
  return (type: string) => catalogues[process.release].contracts.find((each) => each.type === type);
}

function randomBytes({ random }: Process) {
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

export function changeJob(
  process: Process,
  ports: Ports,
  { does, inSeconds }: PersonPlan,
  id: string,
): Promise<ApiAnswer> {
  const deps = { ...common(process), ...ports, contractOf: contractOf(process) };
  if (does === 'retry') return retryJob(deps, requestOf('retryJob', { id }));
  if (does === 'cancel') return cancelJob(deps, requestOf('cancelJob', { id }));
  const runAt = new Date(process.now() + inSeconds * 1000).toISOString();
  return patchJob(deps, requestOf('patchJob', { id, body: { run_at: runAt } }));
}

function requestOf(
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
  process: Process,
  ports: Ports,
  queue: string,
  records: readonly SQSRecord[],
  handle: (payload: { script: string }, job: JobContext) => Promise<unknown>,
  clock: { monotonic: () => number; remainingMs: () => number },
): Promise<SQSBatchResponse> {
  const { leaseMs, longestTimeoutMs } = timesOf[queue] as QueueTimes;
  const step = work({
    ...common(process),
    ...ports,
    ...messageDeps,
    queue,
    keys,
    contractOf: contractOf(process),
    handlerOf: async () => async (payload: never, job) => handle(payload, job),
    readObject: async () => undefined,
    settings: { allowPrivateAddresses: false },
    after: process.after,
    leaseMs,
    longestTimeoutMs,
    codeVersion: process.release,
    newSeed: () => randomBytes(process)(effectSeedBytes),
    newOwner: () => {
      process.owner = Buffer.from(randomBytes(process)(9)).toString('base64url');
      return process.owner;
    },
    monotonic: () => clock.monotonic() - process.lagMs,
    random: process.random,
    soon: (flush) => void process.after(3, flush),
  });
  return step(records, clock.remainingMs, {}, '');
}

export function buryAll(
  process: Process,
  ports: Ports,
  records: readonly SQSRecord[],
): Promise<SQSBatchResponse> {
  return bury({ ...common(process), ...ports, ...messageDeps })(records, {});
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

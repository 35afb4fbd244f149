import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEvent, Context, SQSRecord } from 'aws-lambda';
import type { Change, ChangeResult, JobStore } from '../../core/change.ts';
import { queueTimes } from '../../core/lane.ts';
import { encodePointer } from '../../core/pointer.ts';
import type { JobRecord } from '../../core/table.ts';
import { apiHandler } from '../../functions/api.ts';
import { sameTurn } from '../../functions/coalesce.ts';
import { enqueue } from '../../functions/enqueue/enqueue.ts';
import type { Keys } from '../../functions/keys.ts';
import type { Lanes } from '../../functions/lanes.ts';
import { type SealedStore, vault } from '../../functions/vault.ts';
import { handlerOf } from '../../functions/work/handlers.ts';
import { work } from '../../functions/work/work.ts';
import { contracts } from '../../jobs/contracts.ts';
import { queues } from '../../jobs/queues.ts';
import { memoryEffects } from '../support/memory-effects.ts';
import { addsNothing } from '../support/worker.ts';

/** TaskQ's own time, AWS stubbed at the ports: what is left is reading, checking, sealing, deciding, logging. */
export interface OwnTime {
  /** Median of warm enqueues of one job, payload of 1 KB of JSON. */
  enqueueMs: number;
  /** CPU of a warm worker per job: claim, open, run, settle, ten jobs of 200 bytes a receive. */
  workerCpuMsPerJob: number;
}

const warmEnqueues = 2_000;
const timedEnqueues = 5_000;
const warmReceives = 200;
const timedReceives = 500;
const jobsPerReceive = 10;

const key = { id: 'v1', bytes: randomBytes(32) };
const keys: Keys = {
  sealingKey: async () => key,
  openingKey: async () => key,
  dedupeKey: async () => key,
};
const sealed: SealedStore = {
  putItems: async () => {},
  getItems: async (names) => names.map(() => undefined),
  listItems: async () => [],
  putObject: async () => {},
  getObject: async () => undefined,
};
const lanes: Lanes = { deliver: async (deliveries) => deliveries.map(() => true), hide: async () => {} };

/** Keeps the records it was given; a change is applied without looking at its conditions. */
function stubStore(): JobStore & { records: JobRecord[] } {
  const records: JobRecord[] = [];
  const byId = new Map<string, JobRecord>();
  return {
    records,
    insert: async (inserted) => {
      for (const each of inserted) {
        records.push(each);
        byId.set(each.sk, each);
      }
      return inserted.map(() => ({ inserted: true }));
    },
    change: async (changes) =>
      changes.map(
        ({ key: { sk }, set }: Change): ChangeResult => ({
          applied: true,
          record: { ...(byId.get(sk) as JobRecord), ...set, fence: 1, attempt: 1, attemptsLeft: 4 },
        }),
      ),
    get: async (wanted) => wanted.map(() => undefined),
    newest: async () => [],
    failed: async () => [],
    attention: async () => [],
  };
}

/** Measures in this process. What is logged is written nowhere meanwhile: the platform's part, not TaskQ's. */
export async function measureOwnTime(): Promise<OwnTime> {
  const { write } = process.stdout;
  process.stdout.write = () => true;
  try {
    return { enqueueMs: await timeEnqueue(), workerCpuMsPerJob: await timeWorker() };
  } finally {
    process.stdout.write = write;
  }
}

function enqueueHandler(store: JobStore) {
  const dedupe = { hold: async () => undefined, find: async () => undefined, replace: async () => true };
  const deps = { store, lanes, vault: vault(keys, sealed), dedupe, keys, now: Date.now, randomBytes };
  return apiHandler('enqueue', enqueue({ ...deps, catalogue: { queues, contracts } }));
}

async function timeEnqueue(): Promise<number> {
  const store = stubStore();
  const handler = enqueueHandler(store);
  const times: number[] = [];
  for (let count = 0; count < warmEnqueues + timedEnqueues; count++) {
    const event = enqueueEvent(1024);
    const started = performance.now();
    const { statusCode, body } = await handler(event, context);
    times.push(performance.now() - started);
    if (statusCode !== 201) throw new Error(`the stubbed enqueue answered ${statusCode}: ${body}`);
    store.records.length = 0;
  }
  const timed = times.slice(warmEnqueues).sort((a, b) => a - b);
  return timed[Math.floor(timed.length / 2)] ?? Number.NaN;
}

const context = { awsRequestId: 'bench' } as Context;

/** A fresh payload each time, so that nothing is answered from a cache. */
function enqueueEvent(payloadBytes: number): APIGatewayProxyEvent {
  const message = randomBytes(payloadBytes)
    .toString('hex')
    .slice(0, payloadBytes - '{"message":""}'.length);
  return {
    httpMethod: 'POST',
    resource: '/v1/jobs',
    headers: { 'content-type': 'application/json' },
    pathParameters: null,
    multiValueQueryStringParameters: null,
    body: JSON.stringify({ type: 'echo', payload: { message } }),
    isBase64Encoded: false,
    requestContext: { requestId: 'bench', identity: { userArn: 'arn:aws:iam::000000000000:role/bench' } },
  } as unknown as APIGatewayProxyEvent;
}

async function timeWorker(): Promise<number> {
  const store = stubStore();
  const accept = enqueueHandler(store);
  for (let count = 0; count < jobsPerReceive; count++) await accept(enqueueEvent(200), context);
  const records = store.records.map(({ sk }, index) => received(sk, index));
  const step = worker(store);
  const remaining = () => 10 * 60_000;
  const receive = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count++) {
      const counts = {};
      const { batchItemFailures } = await step(records, remaining, counts, 'request-1');
      if (batchItemFailures.length > 0 || !('completed' in counts))
        throw new Error('the stubbed worker failed');
    }
  };
  await receive(warmReceives);
  const before = process.cpuUsage();
  await receive(timedReceives);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (timedReceives * jobsPerReceive);
}

function worker(store: JobStore) {
  const times = queueTimes('default', contracts);
  return work({
    queue: 'default',
    store,
    lanes,
    keys,
    vault: vault(keys, sealed),
    contractOf: (type) => contracts.find((each) => each.type === type),
    handlerOf,
    effects: memoryEffects(),
    newSeed: () => randomBytes(16),
    look: async () => ({ sends: [], noted: [], unfinished: false }),
    readObject: async () => undefined,
    enqueueOf: addsNothing,
    storeUnreadable: async () => {},
    settings: { allowPrivateAddresses: false },
    log: () => {},
    onError: (_, error) => {
      throw error;
    },
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    leaseMs: times.leaseMs,
    longestTimeoutMs: times.longestTimeoutMs,
    codeVersion: 'bench',
    findDeath: async () => ({ cause: 'lease_lost' }),
    newOwner: () => randomBytes(9).toString('base64url'),
    urlOf: () => ({ url: 'lane', quarantine: false }),
    now: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
    soon: sameTurn,
  });
}

function received(jobId: string, index: number): SQSRecord {
  return {
    messageId: `5f4dcc3b-5aa7-4f1f-9a3e-0d2c8a417e0${index}`,
    receiptHandle: 'handle',
    body: encodePointer({ tenant: 'default', jobId }),
    attributes: { SentTimestamp: String(Date.now()), ApproximateReceiveCount: '1' },
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:lane',
  } as unknown as SQSRecord;
}

import type { AwsClients } from './aws.ts';
import { jobsPerRequest } from './feed.ts';
import type { Tally } from './invocations.ts';
import { wireSize, writeUnits } from './item-size.ts';
import { type Leavings, type PerJob, type Price, price, priceOfLeavings } from './price.ts';
import { isIndexed, sample } from './table.ts';
import type { Window } from './window.ts';
import type { Wiring } from './wiring.ts';

/** What a bulk job of a wiring takes, by the windows that were watched. */
export interface Counted {
  /** SDK calls of the wiring's own functions per job, by kind. */
  calls: Record<string, number>;
  /** Their sum: requests of the wiring's own. */
  requests: number;
  /** With API Gateway and with what the mapping receives and deletes. */
  requestsInAll: number;
  writeUnits: number;
  perJob: PerJob;
  leavings: Leavings;
  price: Price;
  priceOfLeavings: Record<string, number>;
  /** Jobs that one call carried. */
  shared: { name: string; carried: number; could: number }[];
}

/** The mapping receives a batch with one call and deletes it with one; empty receives are left out. */
const mappingCallsPerBatch = 2;
const sampledItems = 200;

/** Adds up the windows of a wiring and measures the items it left. */
export async function count(aws: AwsClients, wiring: Wiring, windows: readonly Window[]): Promise<Counted> {
  const enqueue = perJob(windows.map((each) => each.enqueue));
  const work = perJob(windows.map((each) => each.work));
  const items = (await sample(aws, wiring.table, sampledItems)).filter(isRecord);
  if (items.length === 0) throw new Error(`${wiring.table} holds nothing to measure`);
  const calls = sum(enqueue.calls, work.calls);
  const requests = Object.values(calls).reduce((total, each) => total + each, 0);
  const mapping = work.invocations * mappingCallsPerBatch;
  const takes: PerJob = {
    apiRequests: 1 / jobsPerRequest,
    invocations: { enqueue: enqueue.invocations, work: work.invocations },
    inSequence: wiring.inSequence,
    sqsRequests: (calls.SendMessage ?? 0) + (calls.SendMessageBatch ?? 0) + mapping,
    fairQueues: wiring.fairQueues,
    kmsRequests: (calls.GenerateDataKey ?? 0) + (calls.Decrypt ?? 0),
    // One statement or call is one write; it bills each started KB of the largest the item becomes.
    writeUnits: trueWrites(enqueue.writeUnits + work.writeUnits, items),
    readUnits: 0,
  };
  const leavings = {
    itemBytes: mean(items.map(wireSize)),
    keptDays: wiring.keptDays,
    logBytes: enqueue.logBytes + work.logBytes,
  };
  return {
    calls,
    requests,
    requestsInAll: requests + takes.apiRequests + mapping,
    writeUnits: takes.writeUnits,
    perJob: takes,
    leavings,
    price: price(takes),
    priceOfLeavings: { ...priceOfLeavings(leavings), keys: wiring.keysPrice },
    shared: sharing(wiring, enqueue, work),
  };
}

/**
 * The emulator bills a PartiQL statement flat and leaves the index out. Where every sampled item is within
 * 1 KB and in no index, flat is true; elsewhere its number would be too low, and this says so.
 */
function trueWrites(flat: number, items: Parameters<typeof writeUnits>[0][]): number {
  const big = items.filter((each) => writeUnits(each) > 1).length;
  const indexed = items.filter(isIndexed).length;
  if (big > 0 || indexed > 0) {
    throw new Error(
      `of ${items.length} sampled bulk items, ${big} are above 1 KB and ${indexed} in the index: ` +
        'their write units cannot be counted by statements',
    );
  }
  return flat;
}

/** Leaves out sealed values and idempotency items, which bulk jobs don't have. */
function isRecord(item: { pk?: { S?: string } }): boolean {
  return !/^[pk]#/.test(item.pk?.S ?? '');
}

interface PerJobTally {
  invocations: number;
  calls: Record<string, number>;
  writeUnits: number;
  logBytes: number;
}

function perJob(tallies: readonly Tally[]): PerJobTally {
  const jobs = tallies.reduce((total, each) => total + each.jobs, 0);
  if (jobs === 0) throw new Error('no job was seen in the windows');
  const mean = (of: (each: Tally) => number) => tallies.reduce((total, each) => total + of(each), 0) / jobs;
  const all = tallies.map((each) => each.calls).reduce(sum, {});
  return {
    invocations: mean((each) => each.invocations),
    calls: Object.fromEntries(Object.entries(all).map(([name, calls]) => [name, calls / jobs])),
    writeUnits: mean((each) => each.writeUnits),
    logBytes: mean((each) => each.logBytes),
  };
}

function sum(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

/** Only TaskQ promises to share: a claim is one call of each invocation, what else it executes are settles. */
function sharing({ name }: Wiring, enqueue: PerJobTally, work: PerJobTally): Counted['shared'] {
  if (name !== 'taskq') return [];
  const sends = enqueue.calls.SendMessageBatch ?? 0;
  const inserts = enqueue.calls.BatchExecuteStatement ?? 0;
  const settles = (work.calls.BatchExecuteStatement ?? 0) - work.invocations;
  return [
    { name: 'jobs a SendMessageBatch', carried: 1 / sends, could: 10 },
    { name: 'jobs an insert', carried: 1 / inserts, could: 25 },
    { name: 'jobs a claim', carried: 1 / work.invocations, could: 10 },
    { name: 'jobs a settle', carried: 1 / settles, could: 10 },
  ];
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0) / numbers.length;
}

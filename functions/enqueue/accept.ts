import { delaySecondsUntil, waitsForRelease } from '../../core/attention.ts';
import type { JobStore } from '../../core/change.ts';
import { laneOf } from '../../core/lane.ts';
import { type Caller, newRecord } from '../../core/newjob.ts';
import { placePayload } from '../../core/placement.ts';
import { type Problem, problem } from '../../core/problem.ts';
import type { Draft } from '../../core/request.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import type { Delivery, Lanes } from '../lanes.ts';
import type { Vault } from '../vault.ts';

export interface AcceptDeps {
  store: JobStore;
  lanes: Lanes;
  vault: Vault;
  now: () => number;
}

/** What became of one draft. */
export type Accepted = { record: JobRecord } | { problem: Problem };

/**
 * So many jobs are sent before they are inserted, so that no pointer is long ahead of its record: two full
 * sends. The last chunk takes up to 25, what one insert carries, rather than leave a few for a round of their own.
 */
const chunkSize = 20;
const lastChunkSize = 25;
/** An insert later than this after its send might find a tombstone where the worker met nothing. */
const insertWithinMs = 20_000;
/** Pointers of a chunk must not overtake its insert; a single job's insert is quicker than a receive. */
const secondBehind = 1;

/**
 * Takes jobs in: seal → deliver → insert, chunk by chunk. The pointer goes first, then the record: what
 * crashes between leaves a pointer to nothing, which a worker clears up, and never a job without a pointer.
 * @param bulkDelaySeconds of the pointers where there are many; 0 for whom a second is long: a pointer that does
 * overtake costs a claim, and waits for the second that all would have waited
 * @returns takes drafts, and when the request was read, ms since the epoch; one answer for each draft, in order
 */
export function accept({ store, lanes, vault, now }: AcceptDeps, bulkDelaySeconds = secondBehind) {
  const seal = async (id: string, draft: Draft, caller: Caller, at: number): Promise<JobRecord> => {
    const as = { tenant: caller.tenant, jobId: id, field: 'payload' } as const;
    const sealed = await vault.seal(draft.payload, as);
    const record = newRecord(id, draft, caller, sealed, at);
    const place = placePayload(record, sealed);
    return place === 'record' ? record : { ...record, payload: await vault.putElsewhere(sealed, as, place) };
  };

  const handOver = async (records: JobRecord[], leastDelaySeconds: number): Promise<Accepted[]> => {
    const sent = await deliver(lanes, records, leastDelaySeconds, now());
    const sentAt = now();
    let answers = await insertAccepted(store, records, sent);
    const late = answers.flatMap((answer, index) => (answer === 'retry' ? [index] : []));
    if (late.length > 0 && now() - sentAt < insertWithinMs) {
      const again = await insertAccepted(
        store,
        late.map((index) => records[index] as JobRecord),
        late.map(() => true),
      );
      answers = answers.map((answer, index) =>
        answer === 'retry' ? (again[late.indexOf(index)] ?? answer) : answer,
      );
    }
    return answers.map((answer, index) =>
      answer === 'inserted' ? { record: records[index] as JobRecord } : { problem: unavailable },
    );
  };

  return async (
    jobs: readonly { id: string; draft: Draft }[],
    caller: Caller,
    at: number,
  ): Promise<Accepted[]> => {
    const accepted: Accepted[] = [];
    for (let start = 0; start < jobs.length; start = accepted.length) {
      const isLast = jobs.length - start <= lastChunkSize;
      const chunk = jobs.slice(start, isLast ? jobs.length : start + chunkSize);
      const records = await Promise.all(chunk.map(({ id, draft }) => seal(id, draft, caller, at)));
      accepted.push(...(await handOver(records, jobs.length > 1 ? bulkDelaySeconds : 0)));
    }
    return accepted;
  };
}

const unavailable = problem(
  'unavailable',
  'the job could not be stored now; send it again, with the same Idempotency-Key',
  { retryAfterSeconds: 1 },
);

/**
 * Which records may be inserted: their pointer stands, or they wait for `release` to send it. Of a job that waits for
 * others the first pointer has it looked after.
 */
async function deliver(
  lanes: Lanes,
  records: readonly JobRecord[],
  leastDelaySeconds: number,
  now: number,
): Promise<boolean[]> {
  const near = records.flatMap((record, index) =>
    waitsForRelease(record) && record.status !== 'waiting_dependencies' ? [] : [index],
  );
  const taken = await lanes.deliver(
    near.map((index) => delivery(records[index] as JobRecord, leastDelaySeconds, now)),
  );
  const sent = records.map(() => true);
  for (const [position, index] of near.entries()) sent[index] = taken[position] ?? false;
  return sent;
}

function delivery(record: JobRecord, leastDelaySeconds: number, now: number): Delivery {
  const waits = record.status === 'waiting_dependencies';
  const delaySeconds = waits ? 0 : delaySecondsUntil(record.availableAt, now);
  return {
    queue: record.queue,
    lane: laneOf(record.priority),
    pointer: { tenant: tenantOf(record), jobId: record.sk },
    delaySeconds: Math.max(delaySeconds, leastDelaySeconds),
  };
}

/** Inserts what was sent. A duplicate of an id minted here is this call's own insert, its answer lost; a tombstone is not. */
async function insertAccepted(
  store: JobStore,
  records: readonly JobRecord[],
  sent: readonly boolean[],
): Promise<('inserted' | 'refused' | 'retry')[]> {
  const going = records.flatMap((_, index) => (sent[index] ? [index] : []));
  const results = await store.insert(going.map((index) => records[index] as JobRecord));
  const answers: ('inserted' | 'refused' | 'retry')[] = records.map(() => 'refused');
  for (const [position, index] of going.entries()) {
    const result = results[position];
    if (result === undefined) continue;
    if (result.inserted) answers[index] = 'inserted';
    else if ('retry' in result) answers[index] = 'retry';
    else answers[index] = result.found.status === 'void' ? 'refused' : 'inserted';
  }
  return answers;
}

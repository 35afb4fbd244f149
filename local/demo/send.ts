/** Sends what is planned through the client, and remembers under which id TaskQ took it. */
import type { Client } from '../../client/client.ts';
import { maxBatchBytes } from '../../core/api.ts';
import { csvSummarize } from '../../jobs/csv.summarize/contract.ts';
import { Trouble } from '../report.ts';
import { concurrently } from './concurrently.ts';
import { type Plan, type Planned, reportPlan } from './plan.ts';

/** A job as it was accepted. */
export interface Sent extends Planned {
  id: string;
}

/** Calls at a time: on a local AWS each function that is busy is a process. */
const singlesAtOnce = 3;
/** TaskQ takes 1,000; smaller batches are answered sooner. */
const jobsPerBatch = 250;

/** Sends a plan; `sent` gets each job as it is accepted. Returns the two ids that the repeated key was answered. */
export async function sendPlan(client: Client, plan: Plan, sent: Sent[]): Promise<string[]> {
  const repeated = async (): Promise<string[]> => {
    const idempotencyKey = plan.twice.request.tags?.join(' ') ?? '';
    const first = await sendOne(client, plan.twice, idempotencyKey);
    sent.push(first);
    return [first.id, (await sendOne(client, plan.twice, idempotencyKey)).id];
  };
  const bulk = async (): Promise<void> => {
    for (const batch of batchesOf(plan.bulk)) sent.push(...(await sendBatch(client, batch)));
  };
  const singles = concurrently(plan.singles, singlesAtOnce, async (planned) =>
    sent.push(await sendOne(client, planned)),
  );
  const [ids] = await Promise.all([repeated(), bulk(), singles]);
  return ids;
}

/**
 * The fan-in: waits for the summary of every file, and enqueues the report about them. Without one summary
 * there is nothing to report, and nothing is sent.
 */
export async function sendReport(
  client: Client,
  run: string,
  files: Sent[],
  patienceMs: number,
): Promise<Sent | undefined> {
  const until = performance.now() + patienceMs;
  const summaries: unknown[] = [];
  // One after the other: all run at the same time anyway, and the last one decides.
  for (const { id, file } of files) {
    const deadlineSeconds = Math.max(0, (until - performance.now()) / 1000);
    const ending = await client.waitFor(id, { contract: csvSummarize, deadlineSeconds });
    if (ending.status === 'completed') summaries.push({ name: file, summary: ending.result });
  }
  return summaries.length === 0 ? undefined : await sendOne(client, reportPlan(run, summaries));
}

async function sendOne(client: Client, planned: Planned, idempotencyKey?: string): Promise<Sent> {
  const { type, payload, ...options } = planned.request;
  const keyed = idempotencyKey === undefined ? {} : { idempotencyKey };
  const { id } = await client.enqueue(type, payload, { ...options, ...keyed });
  return { ...planned, id };
}

async function sendBatch(client: Client, batch: Planned[]): Promise<Sent[]> {
  const { results } = await client.enqueueBatch(batch.map(({ request }) => request));
  return batch.map((planned, index) => {
    const result = results[index];
    if (result !== undefined && 'id' in result) return { ...planned, id: result.id };
    const why = result === undefined ? 'it was not answered' : JSON.stringify(result);
    throw new Trouble(`TaskQ did not take job ${index} of a batch, a ${planned.request.type}: ${why}`);
  });
}

/** In order, each within what the API takes. */
export function batchesOf(planned: Planned[]): Planned[][] {
  const batches: Planned[][] = [];
  let room = 0;
  for (const each of planned) {
    const bytes = Buffer.byteLength(JSON.stringify(each.request)) + 1;
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === jobsPerBatch || bytes > room) {
      batches.push([each]);
      room = maxBatchBytes - '{"jobs":[]}'.length - bytes;
    } else {
      batch.push(each);
      room -= bytes;
    }
  }
  return batches;
}

import { setTimeout as pause } from 'node:timers/promises';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { createClient } from '../../client/client.ts';
import type { EnqueueRequest } from '../../core/api.ts';
import { encodePointer } from '../../core/pointer.ts';
import type { LocalAws } from '../../local/state.ts';
import { type AwsClients, stackResources } from './aws.ts';
import { outstanding, poster } from './feed.ts';
import { tally } from './invocations.ts';
import { writeUnits } from './item-size.ts';
import { startSink } from './sink.ts';
import { isIndexed, itemsOfJob } from './table.ts';
import type { Wiring } from './wiring.ts';

/** What something beyond the plain job costs: write units per job above the three of a bulk job. */
export interface Adder {
  name: string;
  expected: string;
  /** Undefined where the pipeline has no such thing yet. */
  measured?: number;
  /** Is the measured number what was expected. */
  ok: boolean;
}

const jobsPerCase = 20;
const plainUnits = 3;

/** Asked for by DESIGN, not built yet: nothing to measure. */
const notBuilt = [
  { name: 'unique key', expected: '+2' },
  { name: 'heartbeat of a long job, each', expected: '+1' },
  { name: 'park and un-park', expected: 'about +5' },
  { name: 'concurrency slot', expected: '+2' },
];

/** Runs twenty jobs of each kind through a deployed TaskQ and counts what they wrote. */
export async function measureAdders(local: LocalAws, aws: AwsClients, taskq: Wiring): Promise<Adder[]> {
  const stack = await stackResources(aws, 'taskq-queue');
  const groups = [
    { name: taskq.logGroups.enqueue, metric: 'accepted' },
    { name: taskq.logGroups.work, metric: 'completed' },
    { name: stack('AWS::Logs::LogGroup', 'workwebhookslog'), metric: 'completed' },
  ] as const;
  const lanes = [taskq.queueUrl, stack('AWS::SQS::Queue', 'webhooksnormal')];
  const client = createClient(local);
  const sink = await startSink();
  const webhook =
    (path: string, body = '') =>
    (_: unknown, index: number) => ({
      type: 'webhook.deliver',
      payload: { url: `${sink.url}/${path}/${index}`, body },
    });
  const fanout = (_: unknown, index: number) => ({
    type: 'webhook.fanout',
    payload: { urls: [`${sink.url}/take/${index}`], body: '' },
  });
  const echo = (bytes: number) => () => ({ type: 'echo', payload: { message: randomText(bytes) } });

  /** Write units per job of what `act` does, until the lanes are empty. `act` returns the ids of its jobs. */
  const measure = async (act: () => Promise<string[]>): Promise<number> => {
    const from = Date.now();
    const ids = await act();
    await untilEmpty(aws, lanes);
    // A line is written before its messages are deleted; the emulator's clock is this one.
    const tallies = await Promise.all(
      groups.map(({ name, metric }) => tally(aws, name, { from, to: Date.now() + 1 }, metric)),
    );
    const counted = tallies.reduce((sum, each) => sum + each.writeUnits, 0);
    return (counted + (await uncounted(aws, ids))) / jobsPerCase;
  };
  const batch = (jobOf: (_: unknown, index: number) => EnqueueRequest) => async (): Promise<string[]> =>
    idsOf(await post({ jobs: Array.from({ length: jobsPerCase }, jobOf) }));
  const post = async (body: object) =>
    JSON.parse(await poster(local, { ...taskq, body: () => JSON.stringify(body) })([]));

  try {
    const measured: Adder[] = [];
    const add = async (
      name: string,
      expected: number,
      act: () => Promise<string[]>,
      without = plainUnits,
    ): Promise<void> => {
      const units = (await measure(act)) - without;
      const rounded = Math.round(units * 100) / 100;
      measured.push({ name, expected: `+${expected}`, measured: rounded, ok: rounded === expected });
    };
    const keyed = async (): Promise<string[]> => {
      // A second's delay, as bulk pointers have: a worker that is here before the insert would pay for a failed claim.
      const keyedJob = () => client.enqueue('echo', { message: 'keyed' }, { delay_seconds: 1 });
      const jobs = await Promise.all(Array.from({ length: jobsPerCase }, keyedJob));
      return jobs.map(({ id }) => id);
    };
    let done: string[] = [];
    await add('nothing: a plain job', 0, async () => {
      done = await batch(echo(100))();
      return done;
    });
    await add('idempotency key, single job', 1, keyed);
    await add('result of 300 bytes, an item of its own', 1, batch(echo(286)));
    await add(
      'payload of 4 KB, sealed in 3: an item of its own',
      3,
      batch(webhook('take', randomText(4096))),
    );
    await add('claim that fails: a spare pointer', 1, () => sendSpare(aws, taskq, done), 0);
    await add('retry: settle, claim, the error kept', 3, batch(webhook('again')));
    await add('an effect of once: the fence, its value', 2, batch(fanout));
    await add('failed for good: the error kept, an index entry', 2, batch(webhook('refuse')));
    return [...measured, ...notBuilt.map((each) => ({ ...each, ok: true }))];
  } finally {
    await sink.stop();
  }
}

/**
 * What the emulator does not count of these jobs: entries in the index. It throws where a flat unit for
 * each statement would be wrong, because the record is above 1 KB.
 */
async function uncounted(aws: AwsClients, ids: readonly string[]): Promise<number> {
  let entries = 0;
  for (const id of ids) {
    const { record } = await itemsOfJob(aws, id);
    if (writeUnits(record) > 1) throw new Error(`the record of job ${id} is above 1 KB`);
    if (isIndexed(record)) entries += 1;
  }
  return entries;
}

/** Second pointers to jobs that are done: what each costs is one failed claim. Returns no ids: nothing is new. */
async function sendSpare(
  { sqs }: AwsClients,
  { queueUrl }: Wiring,
  ids: readonly string[],
): Promise<string[]> {
  for (let start = 0; start < ids.length; start += 10) {
    const ten = ids.slice(start, start + 10);
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: ten.map((jobId, index) => ({
          Id: String(index),
          MessageBody: encodePointer({ tenant: 'default', jobId }),
          MessageGroupId: 'default',
        })),
      }),
    );
  }
  return [];
}

/** Twice in a row, because a message is in no lane while its retry is being sent. */
async function untilEmpty(aws: AwsClients, queueUrls: readonly string[]): Promise<void> {
  const until = Date.now() + 60_000;
  for (let empty = 0; empty < 2; ) {
    const left = await Promise.all(queueUrls.map((each) => outstanding(aws, each)));
    empty = left.every((each) => each === 0) ? empty + 1 : 0;
    if (Date.now() > until) throw new Error(`after 60 s the lanes still hold ${left.join(' and ')} messages`);
    await pause(100);
  }
}

function idsOf({ results }: { results: { id: string }[] }): string[] {
  return results.map(({ id }) => id);
}

/** Letters and digits without a pattern: zstd makes two thirds of them. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text.slice(0, length);
}

/** Reads back through the API what a run left behind: the material of the checks and the tables. */
import type { Client } from '../../client/client.ts';
import type { ErrorsResponse, Job } from '../../core/api.ts';
import { concurrently } from './concurrently.ts';
import type { Sent } from './send.ts';
import type { Received } from './sink.ts';

/** All that is known at the end. Everything but `sent`, `answers` and `deliveries` was read through the API. */
export interface Seen {
  /** As the list by the run's tag has them. */
  jobs: Job[];
  /** What was accepted. */
  sent: Sent[];
  /** The ids that the repeated Idempotency-Key was answered. */
  answers: string[];
  /** What the receiver of the webhooks has seen, by `webhook-id`. */
  deliveries: ReadonlyMap<string, Received>;
  errors: ReadonlyMap<string, ErrorsResponse['errors']>;
  payloads: ReadonlyMap<string, unknown>;
  results: ReadonlyMap<string, unknown>;
}

/** Calls at a time: on a local AWS each function that is busy is a process. */
const readsAtOnce = 3;

/**
 * Reads the errors of jobs that were to fail, the payloads of large ones, the results of all CSV jobs, and
 * both of one echo per priority.
 */
export async function readBack(
  client: Client,
  run: Pick<Seen, 'jobs' | 'sent' | 'answers' | 'deliveries'>,
): Promise<Seen> {
  const tagged = (...tags: string[]) => run.jobs.filter((job) => tags.some((tag) => job.tags.includes(tag)));
  const failed = tagged('malformed', 'hook-refused').filter((job) => job.status === 'failed');
  const echoes = [...Map.groupBy(tagged('row'), (job) => job.priority).values()].flatMap(
    ([first]) => first ?? [],
  );
  const completed = [...tagged('file', 'part', 'megabyte', 'report'), ...echoes].filter(
    (job) => job.status === 'completed',
  );
  const read = async <T>(jobs: Job[], ask: (id: string) => Promise<T>): Promise<Map<string, T>> =>
    new Map(await concurrently(jobs, readsAtOnce, async ({ id }) => [id, await ask(id)] as const));
  return {
    ...run,
    errors: await read(failed, async (id) => (await client.errors(id)).errors),
    payloads: await read([...tagged('large'), ...echoes], async (id) => (await client.payload(id)).payload),
    results: await read(completed, async (id) => {
      const answer = await client.result(id);
      return 'result' in answer ? answer.result : undefined;
    }),
  };
}

/** A steady load through the API by the real client, and what of it was accepted. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '../../client/api-error.ts';
import { type Client, createClient } from '../../client/client.ts';
import type { EnqueueRequest, Job } from '../../core/api.ts';
import type { LocalAws } from '../../local/state.ts';
import { between, oneOf, type Random } from '../simulation/random.ts';

export type Load = ReturnType<typeof startLoad>;

export interface AcceptedJob {
  id: string;
  tenant: string;
  request: EnqueueRequest;
}

/** A request, and what is known of its outcome: by its key it can be sent again. */
interface Request {
  key: string;
  tenant: string;
  jobs: EnqueueRequest[];
  /** The ids that were answered, by position. */
  ids: (string | undefined)[];
}

export interface LoadOptions {
  random: Random;
  draw: () => EnqueueRequest;
  jobsPerSecond: number;
  /** More than so many open jobs are too many for the machine: sending waits. */
  mostOpen: number;
  /** How many jobs are finished. */
  finished: () => number;
  /** A tenant that no one has seen needs keys of its own, and with them KMS. */
  requestsPerTenant: number;
}

const callers = 6;
/** So many requests without a full answer are enough: then one of them is sent again before there is a new one. */
const mostUnanswered = 40;
const idleRounds = 3;
/** A caller whose key is busy would wait for a minute: it goes on, and the request is sent again at the end. */
const inHaste = { maxAttempts: 3, maxTotalMs: 5_000 };
const cancelWithinMs = 6_000;
const mostInBatch = 10;
const gapMs = 20;

/** Sends until it is stopped. */
export function startLoad(local: LocalAws, options: LoadOptions) {
  const { random, draw, jobsPerSecond, mostOpen, finished, requestsPerTenant } = options;
  const started = performance.now();
  const clients = new Map<string, Client>();
  const hasty = new Map<string, Client>();
  const requests: Request[] = [];
  const unanswered = new Set<Request>();
  const cancelling: Promise<void>[] = [];
  let accepted = 0;
  let cancels = 0;
  const changed: string[] = [];
  let going = true;
  let sent = 0;

  const clientOf = (tenant: string): Client =>
    kept(clients, tenant, () => createClient({ ...local, tenant }));
  const hastyClientOf = (tenant: string): Client =>
    kept(hasty, tenant, () => createClient({ ...local, tenant, patience: inHaste }));

  async function send(client: Client, request: Request): Promise<void> {
    const { key, jobs } = request;
    const answered = await call(client, jobs, key);
    for (const [position, id] of answered.entries()) {
      const before = request.ids[position];
      if (id !== undefined && before !== undefined && id !== before)
        changed.push(`key ${key}, position ${position}: first ${before}, then ${id}`);
      if (id !== undefined && before === undefined) {
        accepted++;
        maybeCancel(request, position, id);
      }
      request.ids[position] ??= id;
    }
    if (jobs.every((_, position) => request.ids[position] !== undefined)) unanswered.delete(request);
  }

  /** Somewhere on its way, long jobs more often than others. */
  function maybeCancel({ tenant, jobs }: Request, position: number, id: string): void {
    if (!going || random() >= (jobs[position]?.type === 'object.checksum' ? 0.3 : 0.02)) return;
    const cancel = async (): Promise<void> => {
      await pause(between(random, 0, cancelWithinMs));
      await hastyClientOf(tenant).cancel(id).catch(onlyApiErrors);
      cancels++;
    };
    cancelling.push(cancel());
  }

  function newRequest(): Request {
    const request: Request = {
      key: randomUUID(),
      tenant: `chaos-${Math.floor(requests.length / requestsPerTenant)}`,
      jobs: Array.from({ length: between(random, 1, mostInBatch) }, draw),
      ids: [],
    };
    requests.push(request);
    unanswered.add(request);
    sent += request.jobs.length;
    return request;
  }

  const isTooEarly = (): boolean =>
    sent >= ((performance.now() - started) / 1000) * jobsPerSecond || accepted - finished() >= mostOpen;

  async function caller(): Promise<void> {
    while (going) {
      const request =
        unanswered.size >= mostUnanswered
          ? oneOf(random, [...unanswered])
          : isTooEarly()
            ? undefined
            : newRequest();
      // What became of it is unknown, if it fails: it is sent again here or by `finish`.
      if (request === undefined) await pause(gapMs);
      else await send(hastyClientOf(request.tenant), request).catch(onlyApiErrors);
    }
  }

  const all = Array.from({ length: callers }, caller);
  // `finish` throws it.
  for (const each of all) each.catch(() => {});

  return {
    changed,
    clientOf,
    tenants: () => [...clients.keys()],
    stop: () => {
      going = false;
    },
    /** Stops, and sends again what is not accepted, until all is or some rounds bring no more. */
    async finish(): Promise<void> {
      going = false;
      await Promise.all([...all, ...cancelling]);
      for (let idle = 0; idle < idleRounds; idle++) {
        const left = [...unanswered];
        const before = left.length;
        const resend = async (): Promise<void> => {
          for (let next = left.pop(); next !== undefined; next = left.pop())
            await send(clientOf(next.tenant), next).catch(onlyApiErrors);
        };
        await Promise.all(Array.from({ length: callers }, resend));
        if (unanswered.size === 0) return;
        if (unanswered.size < before) idle = 0;
      }
    },
    /** Sends some accepted requests once more: their ids must be the same. Returns how many. */
    async repeatSome(most: number): Promise<number> {
      const some = requests.filter(({ ids }) => ids.length > 0).slice(-most);
      for (const request of some) await send(clientOf(request.tenant), request);
      return some.length;
    },
    cancels: () => cancels,
    unaccepted: () => unanswered.size,
    accepted: (): AcceptedJob[] =>
      requests.flatMap(({ tenant, jobs, ids }) =>
        jobs.flatMap((request, position) => {
          const id = ids[position];
          return id === undefined ? [] : [{ id, tenant, request }];
        }),
      ),
  };
}

function kept(all: Map<string, Client>, tenant: string, make: () => Client): Client {
  const client = all.get(tenant) ?? make();
  all.set(tenant, client);
  return client;
}

/** The ids by position; what was refused for now has none. A batch of one is a single job. */
async function call(
  client: Client,
  jobs: EnqueueRequest[],
  idempotencyKey: string,
): Promise<(string | undefined)[]> {
  const [only] = jobs;
  if (jobs.length === 1 && only !== undefined) {
    const { type, payload, ...options } = only;
    const job: Job = await client.enqueue(type, payload, { ...options, idempotencyKey });
    return [job.id];
  }
  const { results } = await client.enqueueBatch(jobs, { idempotencyKey });
  return results.map((each) => ('id' in each ? each.id : undefined));
}

function onlyApiErrors(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
  // A refusal that says what is wrong with the request is a mistake of this load.
  if ([400, 413, 422].includes(error.status)) throw error;
}

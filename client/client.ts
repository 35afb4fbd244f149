import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as z from 'zod/mini';
import type {
  EnqueueRequest,
  Job,
  ListQuery,
  ListResponse,
  PatchRequest,
  retryRequest,
} from '../core/api.ts';
import type { JobContract } from '../core/define.ts';
import { check } from '../core/faults.ts';
import type {
  CancelManyRequest,
  dryRunResponse,
  FailuresQuery,
  FailuresResponse,
  RetryManyRequest,
} from '../core/many.ts';
import type { RouteName, routes } from '../core/routes.ts';
import { ApiError, errorOf, misfitError } from './api-error.ts';
import { type CallInput, isRepeatable, requestOf } from './request.ts';
import { type Patience, withRetries } from './retry.ts';
import { makeSend } from './send.ts';
import { type Credentials, makeSigner } from './signed.ts';
import { makeTurns } from './turns.ts';
import { type Ending, waitUntilFinal } from './wait.ts';
import { workflowCalls } from './workflow/calls.ts';

export interface ClientOptions {
  /** With the stage, e.g. `https://ID.execute-api.REGION.amazonaws.com/STAGE`. */
  apiUrl: string;
  region: string;
  /** Default: the paths without a tenant, which are those of tenant `default`. */
  tenant?: string;
  /** Default: the SDK's chain of environment, profile, SSO and role. */
  credentials?: Credentials;
  /** Default: 6 tries within 2 minutes. */
  patience?: Partial<Patience>;
}

/**
 * Each holds an invocation of `manage` for up to 20 s, however many jobs are waited for. A new account may have only ten
 * invocations at a time for all of its functions: the jobs that are waited for need most of them to run.
 * Reduced for new accounts: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; ten is what such
 * accounts report, as in https://github.com/awslabs/fhir-works-on-aws-deployment/issues/691
 */
const maxLongPolls = 3;

type Counted = z.infer<typeof dryRunResponse>;

export interface Keyed {
  /** Default: a fresh one for each call, which makes the call's own repeats safe. Your own makes yours safe too. */
  idempotencyKey?: string;
}

export type EnqueueOptions = Omit<EnqueueRequest, 'type' | 'payload'> &
  Keyed & {
    /** Called when the key had its job before this call: what is returned is that job as it stands now. */
    onEarlier?: () => void;
  };

export type Client = ReturnType<typeof createClient>;

type Responses<N extends RouteName> = (typeof routes)[N]['responses'];
/** The bodies of a route's answers, as `core/routes.ts` has them. */
type Answered<N extends RouteName> = z.infer<Exclude<Responses<N>[keyof Responses<N>], null>>;
/** Calls a route, signed and with retries. */
export type Call = <N extends RouteName>(name: N, input?: CallInput) => Promise<Answered<N>>;

/**
 * A client of one TaskQ and one tenant. Every method throws `ApiError` and repeats what is safe to
 * repeat: throttled and busy calls, and calls of unknown outcome unless they are `retry` and `cancel`.
 */
export function createClient({ apiUrl, region, tenant, credentials, patience: own }: ClientOptions) {
  const base = new URL(apiUrl);
  const sign = makeSigner(base, region, credentials);
  const send = makeSend(base);
  const turns = makeTurns(maxLongPolls);
  const patience: Patience = {
    maxAttempts: 6,
    maxTotalMs: 120_000,
    now: Date.now,
    sleep: (ms) => sleep(ms),
    random: Math.random,
    ...own,
  };

  async function call<N extends RouteName>(
    name: N,
    input: CallInput = {},
    firstAnswered?: (status: number) => void,
  ): Promise<Answered<N>> {
    const request = requestOf(base, tenant, name, input);
    const repeatable = isRepeatable(name);
    let tries = 0;
    // Signed anew for each try: a signature holds for minutes only.
    const once = async () => {
      tries += 1;
      const headers = await sign(request, new Date(patience.now()));
      const { status, headers: received, body } = await send(request, headers, repeatable);
      const called = `${request.method} ${request.path}`;
      if (status < 200 || status > 299) throw errorOf(called, status, received, body);
      // A later try may find what this call itself began.
      if (tries === 1) firstAnswered?.(status);
      return parse(called, status, body) as Answered<N>;
    };
    return await withRetries(once, repeatable, patience);
  }

  /** Enqueues a job; a contract checks the payload's type, a type's name takes any JSON. */
  function enqueue<P extends z.core.$ZodType>(
    contract: { type: string; payload: P },
    payload: z.core.input<P>,
    options?: EnqueueOptions,
  ): Promise<Job>;
  function enqueue(type: string, payload: unknown, options?: EnqueueOptions): Promise<Job>;
  async function enqueue(
    type: string | { type: string },
    payload: unknown,
    { idempotencyKey = randomUUID(), onEarlier, ...options }: EnqueueOptions = {},
  ): Promise<Job> {
    const body = { type: typeof type === 'string' ? type : type.type, payload, ...options };
    return await call('enqueueJob', { body, idempotencyKey }, (status) => {
      if (status === 200) onEarlier?.();
    });
  }

  const get = (id: string) => call('getJob', { id });

  /** `result` is there when the status is `completed`; a job that ended otherwise is the error `no_result`. */
  const result = (id: string, { waitSeconds }: { waitSeconds?: number } = {}) =>
    call('getResult', { id, query: { wait: waitSeconds } });

  /**
   * Waits for the end of a job; with its contract, the result is checked and has its type: one that does not fit
   * is the error `invalid_result`.
   */
  async function waitFor<R extends z.core.$ZodType = z.core.$ZodUnknown>(
    id: string,
    options: { deadlineSeconds?: number; contract?: Pick<JobContract<z.core.$ZodType, R>, 'result'> } = {},
  ): Promise<Ending<z.core.output<R>>> {
    const { deadlineSeconds = 900, contract } = options;
    const ending = await waitUntilFinal({ result, get }, id, deadlineSeconds, patience, turns);
    if (ending.status !== 'completed') return ending;
    if (contract === undefined) return ending as Ending<z.core.output<R>>;
    const said = `the result of job ${id} does not fit the contract`;
    const checked = check(contract.result, ending.result, 'invalid_payload', said);
    if (!checked.ok) throw misfitError(said, checked.problem.details ?? []);
    return { status: 'completed', result: checked.value };
  }

  /** One page, newest first. A filtered page may be short or empty; only a missing cursor means the end. */
  const listPage = (filters: ListQuery = {}) => call('listJobs', { query: filters });

  /** All pages from `filters.cursor` on. */
  async function* list(filters: ListQuery = {}): AsyncGenerator<ListResponse, void> {
    let { cursor } = filters;
    do {
      const page = await listPage({ ...filters, ...(cursor === undefined ? {} : { cursor }) });
      yield page;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /** Failed jobs in groups of alike ones. A group may come again in a later answer: its counts add up. */
  async function* failures(filters: FailuresQuery = {}): AsyncGenerator<FailuresResponse, void> {
    let { cursor } = filters;
    do {
      const page = await call('listFailures', { query: { ...filters, cursor } });
      yield page;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  return {
    enqueue,
    /** Up to 1,000 jobs in 4 MB; each is answered by itself, in order. None waits for others: those are a workflow. */
    enqueueBatch: (
      jobs: Omit<EnqueueRequest, 'dependencies'>[],
      { idempotencyKey = randomUUID() }: Keyed = {},
    ) => call('enqueueBatch', { body: { jobs }, idempotencyKey }),
    get,
    payload: (id: string) => call('getPayload', { id }),
    result,
    waitFor,
    errors: (id: string) => call('getErrors', { id }),
    /** What the job's handler has done outside with `once`, in the order it was stored. */
    effects: (id: string) => call('getEffects', { id }),
    list,
    listPage,
    failures,
    /** Retries all failed or cancelled jobs of a filter: the job that does it, whose result says how many it were. */
    retryMany: async (body: RetryManyRequest, { idempotencyKey = randomUUID() }: Keyed = {}) =>
      (await call('retryMany', { body: { ...body, dry_run: false }, idempotencyKey })) as Job,
    /** How many jobs `retryMany` would take, as far as one call looks. */
    countRetry: async (body: RetryManyRequest) =>
      (await call('retryMany', { body: { ...body, dry_run: true } })) as Counted,
    /** Cancels all jobs of a filter that are not final, likewise. */
    cancelMany: async (body: CancelManyRequest, { idempotencyKey = randomUUID() }: Keyed = {}) =>
      (await call('cancelMany', { body: { ...body, dry_run: false }, idempotencyKey })) as Job,
    countCancel: async (body: CancelManyRequest) =>
      (await call('cancelMany', { body: { ...body, dry_run: true } })) as Counted,
    /** Changes the priority, the time or the tags of a job while it waits. */
    patch: (id: string, body: PatchRequest) => call('patchJob', { id, body }),
    /** Runs a failed or cancelled job again, with its own payload or an edited one. */
    retry: (id: string, body?: z.infer<typeof retryRequest>) => call('retryJob', { id, body }),
    /** `cancelled` at once while it waits; while it runs the job as it is, which ends within seconds (`waitFor`). */
    cancel: (id: string) => call('cancelJob', { id }),
    health: () => call('getHealth'),
    /** Jobs that depend on jobs; `workflow()` builds them. */
    workflows: workflowCalls(call, patience),
  };
}

function parse(called: string, status: number, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError(
      status,
      'gateway',
      `${called} was answered ${status} without JSON: is this the URL of a TaskQ?`,
    );
  }
}

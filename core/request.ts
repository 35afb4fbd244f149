import * as api from './api.ts';
import type { JobContract, QueueContract } from './define.ts';
import type { Dependency } from './dependencies.ts';
import { check, mustBeOneOf } from './faults.ts';
import { defaultPriority, isLongQueue, queueTimes } from './lane.ts';
import { type Checked, type Fault, problem } from './problem.ts';
import { momentMs } from './view.ts';

/** A request that may become a job: everything checked and decided but its id and its seal. */
export interface Draft {
  type: string;
  queue: string;
  /** Its lease is renewed (`QueueTimes`). */
  long: boolean;
  priority: number;
  /** ms since the epoch; now for a job without delay. */
  availableAt: number;
  maxAttempts: number;
  timeoutSeconds: number;
  tags: string[];
  /** The payload's JSON in UTF-8. */
  payload: Uint8Array;
  /** Jobs that must end first; it runs so long after the last of them. */
  dependencies?: { on: readonly Dependency[]; delayMs: number };
  /** They have not ended, as far as is known. */
  waits?: boolean;
  /** The node of a workflow that it is for (`core/workflow/link.ts`). */
  workflow?: string;
}

/** What this release declares: every queue and every job type. */
export interface Catalogue {
  queues: readonly QueueContract[];
  contracts: readonly JobContract[];
}

/**
 * Checks one job of a request, in the order 413, 400, 422.
 * @param body the parsed JSON of the job
 * @param now ms since the epoch
 */
export function draftOf(body: unknown, catalogue: Catalogue, now: number): Checked<Draft> {
  const payload = payloadOf(body);
  if (payload.length > api.maxPayloadBytes) return { ok: false, problem: tooLarge(payload.length) };
  const shape = check(api.enqueueRequest, body, 'invalid_request', 'the job is not as the API describes it');
  if (!shape.ok) return shape;
  const request = shape.value;
  const contract = catalogue.contracts.find((each) => each.type === request.type);
  const faults = [
    ...timeFaults(request, now),
    ...dependencyFaults(request),
    ...(contract === undefined ? [] : boundFaults(request, contract)),
  ];
  if (faults.length > 0)
    return {
      ok: false,
      problem: problem('invalid_request', 'the job is not as the API describes it', { details: faults }),
    };
  if (contract === undefined) {
    return {
      ok: false,
      problem: problem('unknown_type', `there is no job type "${request.type}" in this release`, {
        details: [{ path: '/type', message: mustBeOneOf(catalogue.contracts.map(({ type }) => type)) }],
      }),
    };
  }
  const queue = queueFor(request.queue ?? contract.queue, contract, catalogue);
  if (!queue.ok) return queue;
  const fits = checkPayload(contract, request.payload);
  if (!fits.ok) return fits;
  return {
    ok: true,
    value: {
      type: contract.type,
      queue: queue.value,
      long: isLongQueue(queue.value, catalogue.contracts),
      priority: request.priority ?? defaultPriority,
      ...timesOf(request, now),
      maxAttempts: request.max_attempts ?? contract.retry.maxAttempts,
      timeoutSeconds: request.timeout_seconds ?? contract.timeoutSeconds,
      tags: request.tags ?? [],
      payload,
    },
  };
}

/** The payload's JSON in UTF-8, whatever else the body is: its size is judged before its shape. */
function payloadOf(body: unknown): Uint8Array {
  const { payload } = (body ?? {}) as { payload?: unknown };
  return Buffer.from(JSON.stringify(payload) ?? '');
}

/** A payload against its type's schema: paths, never values. */
export function checkPayload(contract: JobContract, payload: unknown): Checked<unknown> {
  const fits = check(
    contract.payload,
    payload,
    'invalid_payload',
    `the payload does not fit job type "${contract.type}"`,
  );
  if (fits.ok || fits.problem.details === undefined) return fits;
  const details = fits.problem.details.map((each) => ({ ...each, path: `/payload${each.path}` }));
  return { ok: false, problem: { ...fits.problem, details } };
}

export function tooLarge(bytes: number) {
  return problem(
    'payload_too_large',
    `the payload has ${bytes} bytes of JSON; at most ${api.maxPayloadBytes} are taken`,
  );
}

function dependencyFaults({ dependencies = [] }: api.EnqueueRequest): Fault[] {
  const ids = dependencies.map(idOf);
  return ids.flatMap((id, index) =>
    ids.indexOf(id) < index
      ? [
          {
            path: `/dependencies/${index}`,
            message: `must stand once: it is /dependencies/${ids.indexOf(id)} too`,
          },
        ]
      : [],
  );
}

function idOf(dependency: NonNullable<api.EnqueueRequest['dependencies']>[number]): string {
  return typeof dependency === 'string' ? dependency : dependency.id;
}

/** When it runs. A delay counts from the end of what it waits for, if it waits; a `run_at` is what it is. */
function timesOf(
  request: api.EnqueueRequest,
  now: number,
): Pick<Draft, 'availableAt' | 'dependencies' | 'waits'> {
  const { dependencies = [], delay_seconds = 0 } = request;
  if (dependencies.length === 0) return { availableAt: availableAtOf(request, now) };
  const on = dependencies.map(
    (each): Dependency => ({
      id: idOf(each),
      onFailure: (typeof each === 'string' ? undefined : each.on_failure) ?? 'cancel',
    }),
  );
  const { delay_seconds: _, ...timed } = request;
  return {
    availableAt: availableAtOf(timed, now),
    dependencies: { on, delayMs: delay_seconds * 1000 },
    waits: true,
  };
}

/** The two ways to say when a job shall run. */
type Timed = Pick<api.EnqueueRequest, 'run_at' | 'delay_seconds'>;

/** When a request wants its job to run, ms since the epoch; now for what is past. */
export function availableAtOf(request: Timed, now: number): number {
  if (request.run_at !== undefined) return Math.max(now, momentMs(request.run_at));
  return now + (request.delay_seconds ?? 0) * 1000;
}

export function timeFaults(request: Timed, now: number): Fault[] {
  if (request.run_at === undefined) return [];
  if (request.delay_seconds !== undefined)
    return [{ path: '/run_at', message: 'must not stand beside delay_seconds: give one of them' }];
  if (momentMs(request.run_at) - now > api.maxDelaySecondsOfRequest * 1000)
    return [{ path: '/run_at', message: 'must be within one year' }];
  return [];
}

/** A type's numbers are default and maximum: a request may only lower them. */
function boundFaults(request: api.EnqueueRequest, contract: JobContract): Fault[] {
  const faults: Fault[] = [];
  const { maxAttempts } = contract.retry;
  if ((request.max_attempts ?? 0) > maxAttempts)
    faults.push({
      path: '/max_attempts',
      message: `must be at most ${maxAttempts} for type "${contract.type}"`,
    });
  if ((request.timeout_seconds ?? 0) > contract.timeoutSeconds) {
    faults.push({
      path: '/timeout_seconds',
      message: `must be at most ${contract.timeoutSeconds} for type "${contract.type}"`,
    });
  }
  return faults;
}

function queueFor(name: string, contract: JobContract, { queues, contracts }: Catalogue): Checked<string> {
  if (!queues.some((each) => each.name === name)) {
    return {
      ok: false,
      problem: problem('unknown_queue', `there is no queue "${name}" in this release`, {
        details: [{ path: '/queue', message: mustBeOneOf(queues.map((each) => each.name)) }],
      }),
    };
  }
  const room =
    queueTimes(name, contracts).functionTimeoutSeconds -
    queueTimes(contract.queue, [contract]).functionTimeoutSeconds;
  if (room < 0) {
    return {
      ok: false,
      problem: problem(
        'unknown_queue',
        `queue "${name}" runs shorter jobs than type "${contract.type}" may need`,
        {
          details: [
            { path: '/queue', message: `must be a queue whose types may run ${contract.timeoutSeconds} s` },
          ],
        },
      ),
    };
  }
  return { ok: true, value: name };
}

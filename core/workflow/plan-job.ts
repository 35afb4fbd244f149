import * as z from 'zod/mini';
import type { JobContract } from '../define.ts';
import { mustBeOneOf } from '../faults.ts';
import type { Fault, ProblemCode } from '../problem.ts';
import { type Catalogue, checkPayload, draftOf } from '../request.ts';
import type { Entry } from './flatten.ts';
import type { JobSpec, NodeSpec } from './spec.ts';

/**
 * DynamoDB's items have at most 400 KB, and not everything can be compressed. What a node depends on can: 10,000
 * indexes in any order, with any policies, have 53 KB.
 */
const maxNodePayloadBytes = 300 * 1024;
const maxNodeBytes = 340 * 1024;

/** A fault of a workflow, with the code it would be refused with by itself. */
export interface Found extends Fault {
  code: ProblemCode;
}

/**
 * What would be wrong with a node's job, all at once; a payload that is complete by parts from elsewhere is judged when
 * it runs.
 * @param faults what was found wrong is added here
 * @returns its type's contract
 */
export function jobFaults(
  { request, path }: Entry,
  catalogue: Catalogue,
  now: number,
  faults: Found[],
): JobContract | undefined {
  const contract = catalogue.contracts.find((each) => each.type === request.type);
  const { type, queue, priority, delay_seconds, max_attempts, timeout_seconds } = request;
  const body = Object.fromEntries(
    Object.entries({ type, queue, priority, delay_seconds, max_attempts, timeout_seconds }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const add = (code: ProblemCode, found: readonly Fault[]): void => {
    for (const fault of found) faults.push({ code, path: `${path}${fault.path}`, message: fault.message });
  };
  const drafted = draftOf({ ...body, payload: request.payload ?? null }, lenient(catalogue), now);
  if (!drafted.ok) {
    const { code, error, details } = drafted.problem;
    add(code, details ?? [{ path: '', message: error }]);
    // What a job is refused for first says nothing of its queue.
    const isKnown = queue === undefined || catalogue.queues.some(({ name }) => name === queue);
    if (code !== 'unknown_queue' && !isKnown)
      add('unknown_queue', [
        { path: '/queue', message: mustBeOneOf(catalogue.queues.map(({ name }) => name)) },
      ]);
  }
  if (contract === undefined || request.from !== undefined || request.map !== undefined) return contract;
  const fits = checkPayload(contract, request.payload ?? null);
  if (!fits.ok)
    add(fits.problem.code, fits.problem.details ?? [{ path: '/payload', message: fits.problem.error }]);
  return contract;
}

/** Is a node as it will be stored, but for what it depends on, too large for an item. */
export function sizeFaults(spec: Omit<NodeSpec, 'node'>, path: string): Found[] {
  const tooLarge = (value: unknown, most: number, place: string, what: string): Found[] =>
    value === undefined || Buffer.byteLength(JSON.stringify(value)) <= most
      ? []
      : [
          {
            code: 'payload_too_large',
            path: path + place,
            message: `must have at most ${most} bytes of JSON${what}: a node is stored in one item`,
          },
        ];
  const payload = tooLarge(spec.payload, maxNodePayloadBytes, '/payload', '');
  const all = 'with its payload, its from, and where it has a when the full keys of what it depends on';
  return payload.length > 0 ? payload : tooLarge(spec, maxNodeBytes, '', `, ${all}`);
}

/** The same types, whatever their payload. */
function lenient(catalogue: Catalogue): Catalogue {
  return { ...catalogue, contracts: catalogue.contracts.map((each) => ({ ...each, payload: z.unknown() })) };
}

/** What a node's job is enqueued with. */
export function jobOf(request: Entry['request']): JobSpec {
  return {
    type: request.type ?? '',
    ...(request.queue === undefined ? {} : { queue: request.queue }),
    ...(request.priority === undefined ? {} : { priority: request.priority }),
    ...(request.delay_seconds === undefined ? {} : { delaySeconds: request.delay_seconds }),
    ...(request.max_attempts === undefined ? {} : { maxAttempts: request.max_attempts }),
    ...(request.timeout_seconds === undefined ? {} : { timeoutSeconds: request.timeout_seconds }),
  };
}

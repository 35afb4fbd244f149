import * as z from 'zod/mini';
import { parsePointer } from '../json-pointer.ts';
import { failurePolicies } from './graph.ts';

/** The shapes of a workflow as it is handed in. What they can't say (references, cycles, payloads) `plan` checks. */

/** The job type that tells a workflow's end to whoever asked for it. */
export const callbackType = 'webhook.deliver';

export const maxNodes = 10_000;
/** With all elements of maps and all that jobs added: links and news hold five digits of a node. */
export const maxNodesInAll = 50_000;
/** Workflows in each other: as many as a reference has parts. */
export const maxDepth = 10;
export const maxTimeoutSeconds = 365 * 24 * 60 * 60;
const maxConcurrency = 1_000;

const whole = (minimum: number, maximum: number) => z.int().check(z.minimum(minimum), z.maximum(maximum));
const name = z.string().check(z.regex(/^[a-z0-9._-]{1,64}$/, 'must match [a-z0-9._-]{1,64}'));
export const nodeKey = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must match [A-Za-z0-9_-]{1,64}'));
const isPointer = z.refine<string>(
  (text) => parsePointer(text) !== undefined,
  'must be a JSON Pointer such as /a/b, or empty for the whole',
);
const pointer = z.string().check(z.maxLength(500), isPointer);
const policy = z.enum(failurePolicies);

/** What a job that adds nodes calls the node it runs for. */
export const adder = '.';

/** Of a node inside a sub-workflow the path to it: `etl/count`. */
const reference = z
  .string()
  .check(
    z.regex(
      /^(\.|[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64}){0,9})$/,
      'must be the key of a node, or the path to one inside a sub-workflow: etl/count',
    ),
  );
const nodeSource = z.strictObject({ node: reference, pointer: z.optional(pointer) });
const source = z.union([
  nodeSource,
  z.strictObject({ element: pointer }),
  z.strictObject({ index: z.literal(true) }),
]);

export const nodeRequest = z.strictObject({
  key: nodeKey,
  /** What it is, exactly one: a job of this type, a signal to wait for, or a workflow of its own. */
  type: z.optional(name),
  signal: z.optional(name),
  workflow: z.optional(
    z.strictObject({ nodes: z.array(z.unknown()).check(z.minLength(1), z.maxLength(maxNodes)) }),
  ),
  payload: z.optional(z.unknown()),
  /** Where in the payload → where it comes from. */
  from: z.optional(z.record(pointer, source)),
  /** One job for each element of that list; `payload` and `from` make each job's payload. */
  map: z.optional(
    z.strictObject({ over: nodeSource, max_concurrency: z.optional(whole(1, maxConcurrency)) }),
  ),
  depends_on: z.optional(
    z
      .array(z.union([reference, z.strictObject({ key: reference, on_failure: z.optional(policy) })]))
      .check(z.maxLength(maxNodes)),
  ),
  when: z.optional(z.string().check(z.minLength(1))),
  on_failure: z.optional(policy),
  queue: z.optional(name),
  priority: z.optional(whole(0, 9)),
  delay_seconds: z.optional(whole(0, maxTimeoutSeconds)),
  max_attempts: z.optional(whole(1, 100)),
  /** Of a job: one run. Of a signal: how long it is waited for. */
  timeout_seconds: z.optional(whole(1, maxTimeoutSeconds)),
});

export type NodeRequest = z.infer<typeof nodeRequest>;

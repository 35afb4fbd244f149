import * as z from 'zod/mini';
import { dependencyPolicies, mostDependencies } from './dependencies.ts';
import { isJobId } from './id.ts';
import { lanes } from './lane.ts';
import { jobStates, reachedStates } from './state.ts';

/** The shapes of the HTTP API: the one source of validation, types, the OpenAPI document and the client. */

export const maxPayloadBytes = 1024 * 1024;
export const maxBatchBytes = 4 * 1024 * 1024;
export const maxBatchJobs = 1000;
/** Levels of arrays and objects in a body; far beyond what people write, far below where recursion ends. */
export const maxBodyDepth = 500;
export const maxDelaySecondsOfRequest = 365 * 24 * 60 * 60;
export const maxWaitSeconds = 20;
export const maxListLimit = 200;
export const defaultListLimit = 50;

export const name = z.string().check(z.regex(/^[a-z0-9._-]{1,64}$/, 'must match [a-z0-9._-]{1,64}'));
/** Characters are code points here as in JSON Schema: `z.maxLength` would count an emoji twice. */
export const tag = z.string().check(
  z.regex(/^[\s\S]{1,32}$/u, 'must have 1 to 32 characters'),
  z.refine((text) => text.isWellFormed(), 'must be well-formed Unicode'),
);
/** RFC 3339 with a zone, as Date reads it. */
export const moment = z.iso.datetime({ offset: true });
export const whole = (minimum: number, maximum: number) =>
  z.int().check(z.minimum(minimum), z.maximum(maximum));

/** A job that another waits for. With `continue` it must end, well or not. */
const dependencyId = z.string().check(z.refine(isJobId, 'must be the id of a job'));
const dependency = z.strictObject({
  id: dependencyId,
  on_failure: z.optional(z.enum(dependencyPolicies)),
});

/** Any JSON value. A parsed body holds nothing else, so only its presence is checked: walking a megabyte would cost more than sealing it. */
const json = z.unknown().check(z.refine((value) => value !== undefined, 'is missing'));

export const enqueueRequest = z.strictObject({
  type: name,
  payload: json,
  queue: z.optional(name),
  priority: z.optional(whole(0, 9)),
  delay_seconds: z.optional(whole(0, maxDelaySecondsOfRequest)),
  run_at: z.optional(moment),
  max_attempts: z.optional(whole(1, 100)),
  timeout_seconds: z.optional(whole(1, 900)),
  tags: z.optional(z.array(tag).check(z.maxLength(8))),
  /** Jobs that must end before this one runs; not in a batch. */
  dependencies: z.optional(
    z
      .array(z.union([dependencyId, dependency], 'must be the id of a job, or {id, on_failure}'))
      .check(z.maxLength(mostDependencies)),
  ),
});

/** Each job is checked by itself, so that one bad job does not refuse the others. */
export const batchRequest = z.strictObject({
  jobs: z.array(z.unknown()).check(z.minLength(1), z.maxLength(maxBatchJobs)),
});

/** A batch as the document describes it. */
export const batchDocument = z.strictObject({
  jobs: z
    .array(z.omit(enqueueRequest, { dependencies: true }))
    .check(z.minLength(1), z.maxLength(maxBatchJobs)),
});

export const retryRequest = z.strictObject({ payload: z.optional(z.unknown()) });

/** At least one of them, and of the two times one. */
export const patchRequest = z.strictObject({
  priority: z.optional(whole(0, 9)),
  delay_seconds: z.optional(whole(0, maxDelaySecondsOfRequest)),
  run_at: z.optional(moment),
  tags: z.optional(z.array(tag).check(z.maxLength(8))),
});

export const job = z.object({
  id: z.string(),
  tenant: z.string(),
  type: z.string(),
  queue: z.string(),
  lane: z.enum(lanes),
  priority: z.int(),
  status: z.enum(jobStates),
  gate: z.optional(z.string()),
  attempt: z.int(),
  max_attempts: z.int(),
  timeout_seconds: z.int(),
  tags: z.array(z.string()),
  created_at: z.string(),
  available_at: z.string(),
  started_at: z.optional(z.string()),
  finished_at: z.optional(z.string()),
  cancel_requested_at: z.optional(z.string()),
  progress: z.optional(z.object({ percent: z.int(), note: z.optional(z.string()), at: z.string() })),
  last_error: z.optional(
    z.object({
      code: z.string(),
      cause: z.string(),
      attempt: z.int(),
      at: z.string(),
      shared: z.optional(z.int()),
      dependency: z.optional(z.string()),
      request_id: z.optional(z.string()),
      log_stream: z.optional(z.string()),
      fingerprint: z.optional(z.string()),
    }),
  ),
  /** Of a job that runs for a node of a workflow: the workflow's id. */
  workflow_id: z.optional(z.string()),
  /** What it waits for, or waited. */
  dependencies: z.optional(z.array(z.object({ id: z.string(), on_failure: z.enum(dependencyPolicies) }))),
  /** While it waits, where it is read by itself: those that have not ended. */
  waits_for: z.optional(z.array(z.object({ id: z.string(), status: z.enum(jobStates) }))),
  created_by: z.string(),
  code_version: z.optional(z.string()),
});

export const fault = z.object({ path: z.string(), message: z.string() });

export const batchResponse = z.object({
  results: z.array(
    z.union([
      z.object({ id: z.string(), status: z.enum(jobStates) }),
      z.object({ error: z.string(), code: z.string(), details: z.optional(z.array(fault)) }),
    ]),
  ),
});

export const listQuery = z.strictObject({
  status: z.optional(z.enum(reachedStates)),
  type: z.optional(name),
  queue: z.optional(name),
  tag: z.optional(z.array(tag).check(z.maxLength(8))),
  since: z.optional(moment),
  until: z.optional(moment),
  limit: z.optional(whole(1, maxListLimit)),
  cursor: z.optional(z.string().check(z.maxLength(200))),
});

export const listResponse = z.object({ jobs: z.array(job), cursor: z.optional(z.string()) });
export const payloadResponse = z.object({ payload: z.unknown() });
export const resultQuery = z.strictObject({ wait: z.optional(whole(0, maxWaitSeconds)) });
export const resultResponse = z.object({ status: z.enum(jobStates), result: z.unknown() });
export const pendingResponse = z.object({ status: z.enum(jobStates) });
/**
 * The start it was, over all retries of a person, each of which counts attempts from 1 again. It only rises; a start
 * that was handed back leaves a gap.
 */
const run = z.int();

export const errorsResponse = z.object({
  errors: z.array(
    z.object({
      code: z.string(),
      cause: z.string(),
      message: z.string(),
      stack: z.optional(z.string()),
      attempt: z.int(),
      run,
      at: z.string(),
      request_id: z.optional(z.string()),
      log_stream: z.optional(z.string()),
    }),
  ),
});
export const effectsResponse = z.object({
  effects: z.array(z.object({ key: z.string(), value: z.unknown(), attempt: z.int(), run, at: z.string() })),
});
export const healthResponse = z.object({ status: z.literal('ok'), version: z.string() });
export const problemResponse = z.object({
  error: z.string(),
  code: z.string(),
  details: z.optional(z.array(fault)),
  request_id: z.string(),
});

export type PatchRequest = z.infer<typeof patchRequest>;
export type EnqueueRequest = z.infer<typeof enqueueRequest>;
export type Job = z.infer<typeof job>;
export type BatchResponse = z.infer<typeof batchResponse>;
export type ListQuery = z.infer<typeof listQuery>;
export type ListResponse = z.infer<typeof listResponse>;
export type ErrorsResponse = z.infer<typeof errorsResponse>;
export type EffectsResponse = z.infer<typeof effectsResponse>;
export type ProblemResponse = z.infer<typeof problemResponse>;

import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';
import type { Catalogue } from '../../core/request.ts';

/** Declarations of the tests' own: a queue of 60 s, one of 20 s, and types whose schemas can be broken in every way. */
const anything = z.unknown();

export const report = defineJob({
  type: 'report',
  queue: 'slow',
  payload: z.strictObject({
    name: z.string().check(z.minLength(2), z.maxLength(10)),
    pages: z.optional(z.int().check(z.minimum(1), z.maximum(99))),
    ratio: z.optional(z.number().check(z.gt(0), z.lt(1))),
    kind: z.optional(z.enum(['pdf', 'html'])),
    lists: z.optional(z.array(z.array(z.object({ n: z.number() }))).check(z.minLength(1))),
    when: z.optional(z.iso.datetime()),
    site: z.optional(z.url()),
    exact: z.optional(z.literal('yes')),
    either: z.optional(z.union([z.string(), z.object({ key: z.string() })])),
    told: z.optional(z.union([z.number(), z.null()], 'must be a number or nothing')),
    map: z.optional(z.record(z.string().check(z.maxLength(5)), z.boolean())),
    even: z.optional(z.number().check(z.multipleOf(2))),
    odd: z.optional(z.number().check(z.refine((value) => value % 2 === 1))),
  }),
  result: anything,
  timeoutSeconds: 60,
  retry: { maxAttempts: 5 },
});

export const ping = defineJob({
  type: 'ping',
  queue: 'quick',
  payload: anything,
  result: anything,
  timeoutSeconds: 20,
  retry: { maxAttempts: 3 },
});

export const catalogue: Catalogue = {
  queues: [
    { name: 'slow', memoryMb: 512, batchConcurrency: 10 },
    { name: 'quick', memoryMb: 256, batchConcurrency: 10 },
  ],
  contracts: [report, ping],
};

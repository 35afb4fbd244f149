import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';
import { objectKey } from '../csv.summarize/contract.ts';

/** Manifests in manifests: more is a circle. */
export const maxDepth = 8;

/**
 * Reads a manifest whose lines name CSV and TSV files, and further manifests (`.txt`): adds to its workflow a
 * `csv.summarize` for each file, a `csv.report` over them all, and one of its own kind for each manifest. How deep it
 * goes nobody knows beforehand, so that no graph could say it: the example for `job.enqueue`.
 */
export const csvCollect = defineJob({
  type: 'csv.collect',
  queue: 'default',
  payload: z.strictObject({
    manifest: objectKey,
    /** Manifests above this one. */
    depth: z._default(z.int().check(z.minimum(0), z.maximum(maxDepth)), 0),
  }),
  result: z.object({
    files: z.int(),
    manifests: z.int(),
    /** Lines that name something else. */
    others: z.int(),
  }),
  timeoutSeconds: 30,
  retry: { maxAttempts: 5 },
});

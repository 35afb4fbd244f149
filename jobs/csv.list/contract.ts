import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';
import { maxFiles } from '../csv.report/contract.ts';
import { objectKey } from '../csv.summarize/contract.ts';

const files = z.array(z.object({ key: objectKey, delimiter: z.optional(z.literal('\t')) }));

/**
 * Reads a manifest, an object of the data bucket with a key on each line, and lists the CSV and TSV files that it
 * names, as `csv.summarize` takes them: the beginning of a fan-out.
 */
export const csvList = defineJob({
  type: 'csv.list',
  queue: 'default',
  payload: z.strictObject({ manifest: objectKey }),
  result: z.object({
    files: files.check(z.maxLength(maxFiles)),
    /** Their keys, in the same order. */
    names: z.array(z.string()),
    /** Lines that name something else. */
    others: z.int(),
  }),
  timeoutSeconds: 30,
  retry: { maxAttempts: 5 },
});

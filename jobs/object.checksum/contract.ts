import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';
import { objectKey } from '../csv.summarize/contract.ts';

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in 64 lower-case hex digits'));

/**
 * Reads a whole object of the data bucket, however big, and says its size and SHA-256; held against what is
 * expected, where that is given. The example for a long queue: progress, cancel, a lease that is renewed.
 */
export const objectChecksum = defineJob({
  type: 'object.checksum',
  queue: 'long',
  payload: z.strictObject({
    key: objectKey,
    /** What it must have: anything else fails the job for good. `bytes` lets the progress tell a percentage. */
    expected: z.optional(
      z.strictObject({ sha256: z.optional(sha256), bytes: z.optional(z.int().check(z.nonnegative())) }),
    ),
  }),
  result: z.object({ bytes: z.number(), sha256 }),
  timeoutSeconds: 600,
  retry: { maxAttempts: 3 },
});

import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';

// Values are `unknown`, not `z.json()`: they arrive as parsed JSON, and walking them again would be most of this job's work.
const anything = z.looseObject({ message: z.optional(z.unknown()) });

/** Answers with what it was sent: for smoke tests, canaries and benchmarks. */
export const echo = defineJob({
  type: 'echo',
  queue: 'default',
  payload: anything,
  result: anything,
  timeoutSeconds: 30,
  retry: { maxAttempts: 5 },
});

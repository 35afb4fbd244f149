import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';
import { url } from '../webhook.deliver/contract.ts';

/**
 * Posts one body to several endpoints. An endpoint that has taken it is not called again when another one fails
 * and the job is retried: the example for `once`.
 */
export const webhookFanout = defineJob({
  type: 'webhook.fanout',
  queue: 'webhooks',
  payload: z.strictObject({
    urls: z.array(url).check(z.minLength(1), z.maxLength(20)),
    /** Sent as JSON. */
    body: z.unknown(),
  }),
  /** In the order of `urls`. */
  result: z.object({ statuses: z.array(z.number()) }),
  timeoutSeconds: 20,
  retry: { maxAttempts: 8 },
});

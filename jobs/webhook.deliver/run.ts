import type * as z from 'zod/mini';
import type { JobContext } from '../../core/define.ts';
import { errorOf } from './answer.ts';
import { webhookDeliver } from './contract.ts';
import { post, readStart } from './post.ts';
import { signature } from './signature.ts';

const connectTimeoutMs = 5_000;
const bodyLimits = { maxBytes: 65_536, timeoutMs: 5_000 };
/** UTF-16 units of the response that the result keeps. */
const keptLength = 1_024;

type Payload = z.infer<typeof webhookDeliver.payload>;

export default webhookDeliver.run(async (payload, job) => {
  const url = new URL(payload.url);
  const body = typeof payload.body === 'string' ? payload.body : JSON.stringify(payload.body);
  const startedAt = performance.now();
  const response = await post(url, {
    headers: headersOf(payload, body, job, Date.now()),
    body,
    signal: job.signal,
    allowPrivateAddresses: job.settings.allowPrivateAddresses,
    connectTimeoutMs,
  });
  const { statusCode: status = 0, headers } = response;
  const error = errorOf(url.host, status, headers['retry-after'], Date.now());
  if (error !== undefined) {
    response.destroy();
    throw error;
  }
  // A 2xx is the receipt. Its body may break off or dawdle: to fail then would deliver twice.
  const { text, complete } = await readStart(response, bodyLimits);
  const durationMs = Math.round(performance.now() - startedAt);
  job.log('webhook delivered', { status, durationMs });
  return {
    status,
    duration_ms: durationMs,
    body: text.slice(0, keptLength).toWellFormed(),
    truncated: !complete || text.length > keptLength,
    content_type: headers['content-type'] ?? null,
  };
});

/** `webhook-id` stays the same over attempts, so that the receiver can drop a repeat. */
function headersOf(payload: Payload, body: string, job: JobContext, now: number): Record<string, string> {
  const timestamp = Math.floor(now / 1_000);
  const { secret } = payload;
  // Node takes names in any case, and of two that are the same the later one.
  return {
    'content-type': typeof payload.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
    'user-agent': 'TaskQ (webhook.deliver)',
    ...payload.headers,
    'accept-encoding': 'identity',
    'webhook-id': job.id,
    'webhook-timestamp': `${timestamp}`,
    ...(secret === undefined ? {} : { 'webhook-signature': signature(secret, job.id, timestamp, body) }),
  };
}

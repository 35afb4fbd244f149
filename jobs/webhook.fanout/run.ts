import { createHash } from 'node:crypto';
import type { JobContext } from '../../core/define.ts';
import { errorOf } from '../webhook.deliver/answer.ts';
import { post } from '../webhook.deliver/post.ts';
import { webhookFanout } from './contract.ts';

const connectTimeoutMs = 5_000;

export default webhookFanout.run(async ({ urls, body }, job) => {
  const text = JSON.stringify(body ?? null);
  // Named by where it goes: a retry with an edited list delivers only to whom it has not delivered yet.
  const deliveries = urls.map((url) =>
    job.once(effectName(url), (id) => deliver(new URL(url), id, text, job)),
  );
  // All to their end: whoever takes it now is not called at the next attempt.
  const ended = await Promise.allSettled(deliveries);
  return { statuses: ended.map(statusOf) };
});

/** `id` is the same at every attempt, should the process die between the answer and its storing. */
async function deliver(url: URL, id: string, body: string, job: JobContext): Promise<number> {
  const response = await post(url, {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'TaskQ (webhook.fanout)',
      'webhook-id': id,
      'idempotency-key': id,
    },
    body,
    signal: job.signal,
    allowPrivateAddresses: job.settings.allowPrivateAddresses,
    connectTimeoutMs,
  });
  response.destroy();
  const { statusCode: status = 0, headers } = response;
  const error = errorOf(url.host, status, headers['retry-after'], Date.now());
  if (error !== undefined) throw error;
  return status;
}

function effectName(url: string): string {
  return `delivery.${createHash('sha256').update(url).digest('hex').slice(0, 32)}`;
}

/** The first that failed decides about the job. */
function statusOf(ended: PromiseSettledResult<number>): number {
  if (ended.status === 'rejected') throw ended.reason;
  return ended.value;
}

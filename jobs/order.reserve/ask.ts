import * as z from 'zod/mini';
import type { JobContext } from '../../core/define.ts';
import { TransientError } from '../../core/errors.ts';
import { errorOf } from '../webhook.deliver/answer.ts';
import { post, readStart } from '../webhook.deliver/post.ts';
import { madeId } from './contract.ts';

const connectTimeoutMs = 5_000;
const bodyLimits = { maxBytes: 4_096, timeoutMs: 5_000 };
const made = z.object({ id: madeId });

/**
 * Asks one of the shop's services for something that must be done once: the service is given a key, the same at
 * every attempt, and its answer is kept. Throws what `errorOf` makes of a refusal.
 * @param effect names it among the effects of the job
 * @param path below the service's URL
 * @returns the id of what it made
 */
export function ask(
  job: JobContext,
  effect: string,
  service: string,
  path: string,
  body: object,
): Promise<string> {
  return job.once(effect, async (idempotencyKey) => {
    const url = new URL(`${service.replace(/\/+$/, '')}${path}`);
    const response = await post(url, {
      headers: {
        'content-type': 'application/json',
        'user-agent': 'TaskQ (order)',
        'accept-encoding': 'identity',
        'idempotency-key': idempotencyKey,
      },
      body: JSON.stringify(body),
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
    const { text } = await readStart(response, bodyLimits);
    return idIn(text, url.host);
  });
}

/** It was done, but the answer broke off or says nothing: the same key again gets the same answer. */
function idIn(text: string, host: string): string {
  try {
    return z.parse(made, JSON.parse(text)).id;
  } catch {
    throw new TransientError(`${host} did not answer with {"id": …}`, 'unavailable');
  }
}

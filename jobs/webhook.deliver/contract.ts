import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';
import { headerProblem, targetProblem } from './request.ts';

/** Somewhere to post to. */
export const url = z.string().check(
  z.maxLength(2_048),
  z.check(({ value, issues }) => {
    const message = targetProblem(value);
    if (message !== undefined) issues.push({ code: 'custom', message, input: value });
  }),
);

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=?|[A-Za-z0-9+/]{2}(?:==)?)$/;
const secret = z.string().check(
  z.minLength(1),
  z.maxLength(512),
  // What is no base64 would be read as far as it is: as a key of no bytes, which anyone has.
  z.refine(
    (text) => !text.startsWith('whsec_') || base64.test(text.slice(6)),
    'must have base64 behind whsec_',
  ),
);

const headers = z.record(z.string(), z.string().check(z.maxLength(4_096))).check(
  z.check(({ value, issues }) => {
    const names = Object.keys(value);
    if (names.length > 32)
      issues.push({ code: 'custom', message: 'must hold at most 32 headers', input: value });
    for (const name of names) {
      const message = headerProblem(name, value[name] ?? '');
      if (message !== undefined) issues.push({ code: 'custom', path: [name], message, input: value });
    }
  }),
);

/** Posts to an endpoint of somebody else's, signed after https://www.standardwebhooks.com; success is any 2xx. */
export const webhookDeliver = defineJob({
  type: 'webhook.deliver',
  queue: 'webhooks',
  payload: z.strictObject({
    url,
    /** A string is sent as it is (`text/plain` unless `headers` say otherwise), anything else as JSON. */
    body: z.unknown(),
    headers: z.optional(headers),
    /** `whsec_` and base64, as the standard has it, or any text, whose UTF-8 bytes are then the key. */
    secret: z.optional(secret),
  }),
  result: z.object({
    status: z.number(),
    duration_ms: z.number(),
    /** The first 1,024 characters. */
    body: z.string(),
    /** The response was longer than `body`. */
    truncated: z.boolean(),
    content_type: z.nullable(z.string()),
  }),
  timeoutSeconds: 20,
  retry: { maxAttempts: 8 },
});

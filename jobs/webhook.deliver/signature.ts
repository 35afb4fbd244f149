import { createHmac } from 'node:crypto';

/**
 * The `webhook-signature` of a message, after the Standard Webhooks specification 1.0: base64 of HMAC-SHA256
 * over "id.timestamp.body". `timestamp` in seconds; `body` exactly as sent. A secret that starts with `whsec_`
 * is base64 from there on; of any other the UTF-8 bytes are the key.
 */
export function signature(secret: string, id: string, timestamp: number, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

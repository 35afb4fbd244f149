import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sink, startSink } from '../../local/demo/sink.ts';

const secret = `whsec_${Buffer.from('a secret of the demo').toString('base64')}`;
const now = Date.parse('2026-11-22T03:00:00Z');
let sink: Sink;

beforeEach(async () => {
  sink = await startSink(secret, () => now);
});
afterEach(() => sink.close());

const genuine = {
  key: 'a secret of the demo',
  secondsAgo: 0,
  signed: '{"a":1}',
  body: '{"a":1}',
  /** Empty: the right one. */
  signature: '',
};

/** A delivery as TaskQ makes it, unless told otherwise. */
async function deliver(path: string, id: string, otherwise: Partial<typeof genuine> = {}) {
  const { key, secondsAgo, signed, body, signature } = { ...genuine, ...otherwise };
  const timestamp = now / 1000 - secondsAgo;
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${signed}`).digest('base64');
  const response = await fetch(`${sink.url}${path}`, {
    method: 'POST',
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature || `v1,${mac}`,
    },
    body,
  });
  return [response.status, response.headers.get('retry-after')];
}

describe('the receiver', () => {
  it('takes what is signed, and counts it under its id', async () => {
    expect(await deliver('/ok', 'a')).toEqual([200, null]);
    expect(await deliver('/ok', 'a')).toEqual([200, null]);
    expect(sink.received.get('a')).toEqual({ order: 0, answers: [200, 200], unverified: 0 });
  });

  it('is busy once or twice, and asks for one or two seconds', async () => {
    expect(await deliver('/busy', 'a')).toEqual([503, '1']);
    expect(await deliver('/busy', 'b')).toEqual([503, '2']);
    expect(await deliver('/busy', 'b')).toEqual([200, null]);
    expect(await deliver('/busy', 'a')).toEqual([503, '1']);
    expect(await deliver('/busy', 'a')).toEqual([200, null]);
    expect(sink.received.get('a')?.answers).toEqual([503, 503, 200]);
  });

  it('refuses some with 400, and knows no other path', async () => {
    expect(await deliver('/refuses', 'a')).toEqual([400, null]);
    expect(await deliver('/elsewhere', 'b')).toEqual([404, null]);
  });

  it.each([
    ['another key', { key: 'another' }],
    ['another body', { body: '{"a":2}' }],
    ['no signature', { signature: 'v1,' }],
    ['a time over five minutes ago', { secondsAgo: 301 }],
    ['a time over five minutes ahead', { secondsAgo: -301 }],
  ])('does not believe %s', async (_, options) => {
    expect(await deliver('/ok', 'a', options)).toEqual([401, null]);
    expect(sink.received.get('a')?.unverified).toBe(1);
  });

  it('believes a clock that is five minutes off', async () => {
    expect(await deliver('/ok', 'a', { secondsAgo: 300 })).toEqual([200, null]);
    expect(await deliver('/ok', 'a', { secondsAgo: -300 })).toEqual([200, null]);
  });
});

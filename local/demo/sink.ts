/** A webhook receiver as a customer might run it: it checks signatures, is busy at times and refuses some. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** How it answers below each path: `busy` first 503 with Retry-After, once or twice, then 200. */
export const sinkPaths = { ok: '/ok', busy: '/busy', refuses: '/refuses' } as const;

/** What it has seen of one message, by its `webhook-id`. */
export interface Received {
  /** How many messages came before it. */
  order: number;
  /** The status it answered at each delivery. */
  answers: number[];
  /** Deliveries whose signature or time was wrong. */
  unverified: number;
}

export interface Sink {
  url: string;
  received: ReadonlyMap<string, Received>;
  close(): void;
}

/** Older or younger messages may be replays (Standard Webhooks 1.0). */
const toleranceSeconds = 300;
const maxBodyBytes = 1024 * 1024;

/** Starts a receiver on a free port of 127.0.0.1. `secret` is `whsec_` and base64; `now` in ms. */
export async function startSink(secret: string, now: () => number = Date.now): Promise<Sink> {
  const received = new Map<string, Received>();
  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy());
  });

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const id = header(request, 'webhook-id');
    const message = received.get(id) ?? { order: received.size, answers: [], unverified: 0 };
    received.set(id, message);
    const genuine = body.length <= maxBodyBytes && isGenuine(request, body, secret, now());
    if (!genuine) message.unverified++;
    const status = genuine ? statusFor(request.url ?? '', message) : 401;
    message.answers.push(status);
    const retryAfter = status === 503 ? { 'retry-after': String(1 + (message.order % 2)) } : {};
    response.writeHead(status, { 'content-type': 'application/json', ...retryAfter });
    response.end(JSON.stringify({ received: status === 200 }));
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function statusFor(path: string, { order, answers }: Received): number {
  if (path === sinkPaths.ok) return 200;
  if (path === sinkPaths.refuses) return 400;
  if (path !== sinkPaths.busy) return 404;
  const busyTimes = order % 4 === 0 ? 2 : 1;
  return answers.length < busyTimes ? 503 : 200;
}

function isGenuine(request: IncomingMessage, body: Buffer, secret: string, nowMs: number): boolean {
  const timestamp = header(request, 'webhook-timestamp');
  if (!(Math.abs(nowMs / 1000 - Number(timestamp)) <= toleranceSeconds)) return false;
  const expected = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
    .update(`${header(request, 'webhook-id')}.${timestamp}.`)
    .update(body)
    .digest();
  const given = Buffer.from(header(request, 'webhook-signature').replace(/^v1,/, ''), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function header(request: IncomingMessage, name: string): string {
  return String(request.headers[name] ?? '');
}

/** A receiver of webhooks on this machine, which answers as a test tells it to. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Delivery {
  path: string;
  /** The job's id: the same for each attempt. */
  id: string;
  body: string;
  /** The sender went away before it was answered. */
  gone: boolean;
}

/** Answers a delivery; `nth` is 1 for a job's first. Not to answer is to hold it. */
export type Reply = (response: ServerResponse, nth: number) => void;

export type Sink = Awaited<ReturnType<typeof openSink>>;

export async function openSink() {
  const deliveries: Delivery[] = [];
  const replies = new Map<string, Reply>();
  const of = (id: string) => deliveries.filter((each) => each.id === id);

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      const id = String(request.headers['webhook-id']);
      const delivery = { path, id, body: Buffer.concat(chunks).toString(), gone: false };
      deliveries.push(delivery);
      response.on('close', () => {
        delivery.gone = !response.writableFinished;
      });
      (replies.get(path) ?? ok)(response, of(id).length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    deliveries,
    /** Deliveries of one job. */
    of,
    /** The URL of a path, whose deliveries are answered so from now on; 200 by default. */
    url(path: string, reply: Reply = ok): string {
      replies.set(path, reply);
      return `http://127.0.0.1:${port}${path}`;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const ok: Reply = (response) => void response.end('thank you');

export const answer =
  (status: number, headers: Record<string, string> = {}): Reply =>
  (response) =>
    void response.writeHead(status, headers).end();

/** Holds deliveries until it is let go; then, and from then on, they are answered with 200. */
export function gate(): { reply: Reply; open: () => void } {
  const held: ServerResponse[] = [];
  let isOpen = false;
  return {
    reply: (response) => void (isOpen ? response.end() : held.push(response)),
    open: () => {
      isOpen = true;
      for (const response of held) response.end();
    },
  };
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A receiver of webhooks: `/again…` is 503 at first, asking for a second, and then 204; `/refuse…` always 400; all else 204. */
export async function startSink(): Promise<{ url: string; stop(): Promise<void> }> {
  const seen = new Set<string>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    request.resume();
    if (path.startsWith('/refuse')) response.writeHead(400).end();
    else if (!path.startsWith('/again') || seen.has(path)) response.writeHead(204).end();
    else response.writeHead(503, { 'retry-after': '1' }).end();
    seen.add(path);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiRequest } from '../../client/request.ts';
import { makeSigner } from '../../client/signed.ts';
import type { LocalAws } from '../../local/state.ts';

/** One call that went through, and what became of it. */
export interface Passed {
  method: string;
  /** Below the stage, without its query. */
  path: string;
  status: number;
}

export interface Proxy {
  url: string;
  passed: Passed[];
  close(): Promise<void>;
}

/** Headers that concern one connection, and those that the signature makes. */
const ownHeaders = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding', 'authorization']);

/** Signs whatever is sent to it on loopback, and passes it on as it is, byte for byte: schemathesis knows no SigV4. */
export async function startProxy({ apiUrl, region, credentials }: LocalAws): Promise<Proxy> {
  const base = new URL(apiUrl);
  const sign = makeSigner(base, region, credentials);
  const passed: Passed[] = [];

  const forward = async (incoming: IncomingMessage): Promise<Answer> => {
    const [path = '', search = ''] = (incoming.url ?? '').split('?', 2);
    const method = incoming.method ?? 'GET';
    const body = await bytesOf(incoming);
    const signed = await sign(
      {
        method: method as ApiRequest['method'],
        path: base.pathname + path,
        query: queryOf(search),
        headers: { host: base.host },
        ...(body.length === 0 ? {} : { body: body.toString() }),
      },
      new Date(),
    );
    const answer = await send(base, {
      method,
      path: `${base.pathname}${path}${search === '' ? '' : `?${search}`}`,
      headers: { ...kept(incoming.headers), ...signed, 'content-length': String(body.length) },
      body,
    });
    passed.push({ method, path, status: answer.status });
    return answer;
  };

  const server = createServer((incoming, outgoing) => {
    forward(incoming).then(
      ({ status, headers, body }) => outgoing.writeHead(status, kept(headers)).end(body),
      (error: Error) =>
        outgoing.writeHead(502, { 'content-type': 'text/plain' }).end(`no answer: ${error.message}`),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function send(
  { hostname, port }: URL,
  { body, ...options }: { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, ...options, timeout: 30_000 }, (incoming) => {
      bytesOf(incoming).then(
        (received) =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: received }),
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function kept(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ownHeaders.has(name) && name !== 'content-length'),
  );
}

function queryOf(search: string): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(search)) query[name] = [...(query[name] ?? []), value];
  return query;
}

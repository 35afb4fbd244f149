import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jobErrorFields } from '../../../core/errors.ts';
import { post, readStart } from '../../../jobs/webhook.deliver/post.ts';
import run from '../../../jobs/webhook.deliver/run.ts';
import { jobContext, rejection } from '../context.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver that notes what it is sent before it answers. */
async function receiver(answer: RequestListener) {
  const received: Received[] = [];
  const server = createHttpServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    answer(request, response);
  });
  const port = await listening(server);
  return { received, host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/hook?token=hush` };
}

const ok: RequestListener = (_, response) => response.end();

describe('what is sent', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_999 });
    cleanups.push(() => vi.useRealTimers());
  });

  it('is a signed POST of JSON', async () => {
    const { received, url, host } = await receiver(ok);
    await run({ url, body: { a: 'ü' }, secret: 'plain secret' }, jobContext({ id: 'job-1' }));
    expect(received).toEqual([
      {
        method: 'POST',
        url: '/hook?token=hush',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'TaskQ (webhook.deliver)',
          'accept-encoding': 'identity',
          'webhook-id': 'job-1',
          'webhook-timestamp': '1700000000',
          // printf '%s' 'job-1.1700000000.{"a":"ü"}' | openssl dgst -sha256 -hmac 'plain secret' -binary | base64
          'webhook-signature': 'v1,6Hz4lSm+sMoLifaLW4PX8CCyEYKM4F1QPPKtua975+U=',
          'content-length': '10',
          host,
          connection: 'close',
        },
        body: '{"a":"ü"}',
      },
    ]);
  });

  it('is unsigned without a secret, and a string goes as it is', async () => {
    const { received, url } = await receiver(ok);
    await run(
      { url, body: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
      jobContext(),
    );
    await run({ url, body: 'plain' }, jobContext());
    expect(
      received.map(({ body, headers }) => [body, headers['content-type'], headers['webhook-signature']]),
    ).toEqual([
      ['a=1', 'application/x-www-form-urlencoded', undefined],
      ['plain', 'text/plain; charset=utf-8', undefined],
    ]);
  });

  it.each([
    [null, 'null'],
    [false, 'false'],
    [0, '0'],
    [[], '[]'],
  ])('turns %j into JSON', async (body, text) => {
    const { received, url } = await receiver(ok);
    await run({ url, body }, jobContext());
    expect(received[0]?.body).toBe(text);
  });

  it('carries the headers of the caller', async () => {
    const { received, url } = await receiver(ok);
    await run({ url, body: 1, headers: { Authorization: 'Bearer x', 'User-Agent': 'shop' } }, jobContext());
    expect(received[0]?.headers).toMatchObject({ authorization: 'Bearer x', 'user-agent': 'shop' });
  });
});

describe('an answer that is a receipt', () => {
  it('is reported', async () => {
    const { url } = await receiver((_, response) =>
      response.writeHead(202, { 'content-type': 'text/plain' }).end('thanks'),
    );
    expect(await run({ url, body: 1 }, jobContext())).toEqual({
      status: 202,
      duration_ms: expect.any(Number),
      body: 'thanks',
      truncated: false,
      content_type: 'text/plain',
    });
  });

  it('may be empty', async () => {
    const { url } = await receiver((_, response) => response.writeHead(204).end());
    expect(await run({ url, body: 1 }, jobContext())).toMatchObject({
      status: 204,
      body: '',
      truncated: false,
      content_type: null,
    });
  });

  it('is kept to 1,024 characters', async () => {
    const { url } = await receiver((_, response) => response.end(`${'ä'.repeat(1_023)}😀`));
    const { body, truncated } = await run({ url, body: 1 }, jobContext());
    expect([body.length, body.at(-1), truncated]).toEqual([1_024, '\ufffd', true]);
  });

  it('is not read to an end it may not have', async () => {
    let closed: Promise<unknown> | undefined;
    const { url } = await receiver((_, response) => {
      closed = once(response, 'close');
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    const { body, truncated } = await run({ url, body: 1 }, jobContext());
    expect([body.length, truncated]).toEqual([1_024, true]);
    await closed;
  });

  it('counts although its body breaks off', async () => {
    const { url } = await receiver((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    expect(await run({ url, body: 1 }, jobContext())).toMatchObject({
      status: 200,
      body: 'half',
      truncated: true,
    });
  });

  it('counts although its body dawdles', async () => {
    const { url } = await receiver((_, response) => response.write('one moment'));
    const response = await post(new URL(url), optionsOf());
    expect(await readStart(response, { maxBytes: 100, timeoutMs: 50 })).toEqual({
      text: 'one moment',
      complete: false,
    });
  });
});

describe('an answer that is none', () => {
  it('is retried when the receiver asks for it, and nothing of it or the payload is told', async () => {
    const { url, host } = await receiver((_, response) =>
      response.writeHead(503, { 'retry-after': '7' }).end('hush: stack trace'),
    );
    const log = vi.fn();
    const error = await rejection(run({ url, body: 'hush', secret: 'hush' }, jobContext({ log })));
    expect(error.message).toBe(`${host} answered 503`);
    expect(error.cause).toBeUndefined();
    expect(jobErrorFields(error)).toEqual({ kind: 'transient', code: 'unavailable', retryAfterSeconds: 7 });
    expect(log).not.toHaveBeenCalled();
  });

  it('is not followed elsewhere', async () => {
    const elsewhere = await receiver(ok);
    const { url } = await receiver((_, response) =>
      response.writeHead(307, { location: elsewhere.url }).end(),
    );
    expect(jobErrorFields(await rejection(run({ url, body: 1 }, jobContext())))?.code).toBe('rejected');
    expect(elsewhere.received).toEqual([]);
  });
});

describe('a connection that fails', () => {
  async function failureOf(url: string) {
    const error = await rejection(run({ url, body: 'hush' }, jobContext()));
    return [error.message, jobErrorFields(error), error.cause];
  }
  const network = { kind: 'transient', code: 'network' };

  it('because nobody listens', async () => {
    const server = createTcpServer();
    const port = await listening(server);
    server.close();
    await once(server, 'close');
    expect(await failureOf(`http://127.0.0.1:${port}/hush`)).toEqual([
      `could not reach 127.0.0.1:${port}: ECONNREFUSED`,
      network,
      undefined,
    ]);
  });

  it('because the name is not known', async () => {
    const [message, fields] = await failureOf('http://nobody.invalid/hush');
    expect(message).toMatch(/^could not reach nobody\.invalid: (ENOTFOUND|EAI_AGAIN)$/);
    expect(fields).toEqual(network);
  });

  it('because the receiver hangs up', async () => {
    const port = await listening(createTcpServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await failureOf(`http://127.0.0.1:${port}/hush`)).toEqual([
      `could not reach 127.0.0.1:${port}: ECONNRESET`,
      network,
      undefined,
    ]);
  });

  it('because the answer is no HTTP', async () => {
    const port = await listening(createTcpServer((socket) => socket.end('hush hush\r\n')));
    const [message, fields, cause] = await failureOf(`http://127.0.0.1:${port}/`);
    expect(message).toMatch(/^could not reach 127\.0\.0\.1:\d+: HPE_[A-Z_]+$/);
    expect([fields, cause]).toEqual([network, undefined]);
  });

  it('because there is no TLS', async () => {
    const { host } = await receiver(ok);
    const [message, fields] = await failureOf(`https://${host}/hush`);
    expect(message).toMatch(/^could not reach 127\.0\.0\.1:\d+: [A-Z_]+$/);
    expect(fields).toEqual(network);
  });

  it('because it takes too long to come about', async () => {
    const port = await listening(createTcpServer()); // accepts, and never answers the TLS greeting
    const error = await rejection(
      post(new URL(`https://127.0.0.1:${port}/hush`), { ...optionsOf(), connectTimeoutMs: 50 }),
    );
    expect(error.message).toBe(`could not reach 127.0.0.1:${port}: no connection within 50 ms`);
    expect(jobErrorFields(error)).toEqual(network);
  });

  it('because the job is stopped, with the reason of that', async () => {
    const abort = new AbortController();
    const reason = new Error('time is up');
    const { url } = await receiver(() => abort.abort(reason));
    await expect(run({ url, body: 1 }, jobContext({ signal: abort.signal }))).rejects.toBe(reason);
    await expect(run({ url, body: 1 }, jobContext({ signal: abort.signal }))).rejects.toBe(reason);
  });
});

describe('where private addresses are closed', () => {
  const settings = { allowPrivateAddresses: false };

  it.each(['127.0.0.1', 'localhost', '127.1', '0x7f000001', '2130706433', '[::ffff:127.0.0.1]'])(
    'nothing reaches %s',
    async (hostname) => {
      let connections = 0;
      const port = await listening(createTcpServer(() => connections++));
      const url = `http://${hostname}:${port}/hush`;
      const error = await rejection(run({ url, body: 1 }, jobContext({ settings })));
      expect(error.message).toMatch(
        /^refused to call [^ ]+: its address is not a public one; use an endpoint on the public Internet$/,
      );
      expect(error.message).not.toContain('hush');
      expect(jobErrorFields(error)).toEqual({ kind: 'permanent', code: 'rejected' });
      expect(connections).toBe(0);
    },
  );
});

function optionsOf() {
  return {
    headers: {},
    body: '',
    signal: new AbortController().signal,
    allowPrivateAddresses: true,
    connectTimeoutMs: 5_000,
  };
}

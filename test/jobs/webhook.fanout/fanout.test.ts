import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { jobErrorFields } from '../../../core/errors.ts';
import run from '../../../jobs/webhook.fanout/run.ts';
import { jobContext, rejection } from '../context.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Answers each path by its number: `/200/a` with 200. Notes path, `webhook-id` and body of what comes. */
async function receiver() {
  const received: [string, string, string][] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = request.url ?? '';
    received.push([path, String(request.headers['webhook-id']), Buffer.concat(chunks).toString()]);
    response.writeHead(Number(path.split('/')[1]), { 'retry-after': '7' }).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { received, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** `once` of a job whose effects are kept in a map, from attempt to attempt. */
function aLedger() {
  const stored = new Map<string, unknown>();
  const once: ReturnType<typeof jobContext>['once'] = async (key, perform) => {
    if (!stored.has(key)) stored.set(key, await perform(`id-of-${key}`));
    return stored.get(key) as never;
  };
  return { stored, once };
}

it('posts to all, each under an id of its own that a repeat does not change', async () => {
  const { received, base } = await receiver();
  const urls = [`${base}/200/a`, `${base}/202/b`];
  const { once, stored } = aLedger();
  expect(await run({ urls, body: { n: 1 } }, jobContext({ once }))).toEqual({ statuses: [200, 202] });
  expect(received.map(([path, , body]) => [path, body]).sort()).toEqual([
    ['/200/a', '{"n":1}'],
    ['/202/b', '{"n":1}'],
  ]);
  expect(received.map(([, id]) => id).sort()).toEqual([...stored.keys()].map((key) => `id-of-${key}`).sort());
  for (const key of stored.keys()) expect(key).toMatch(/^delivery\.[0-9a-f]{32}$/);
});

it('who has taken it is not called again, also when the list was edited', async () => {
  const { received, base } = await receiver();
  const { once } = aLedger();
  const urls = [`${base}/503/a`, `${base}/200/b`];
  const error = await rejection(run({ urls, body: 1 }, jobContext({ once })));
  expect(jobErrorFields(error)).toMatchObject({
    kind: 'transient',
    code: 'unavailable',
    retryAfterSeconds: 7,
  });
  const edited = [`${base}/200/b`, `${base}/201/a`];
  expect(await run({ urls: edited, body: 1 }, jobContext({ once }))).toEqual({ statuses: [200, 201] });
  expect(received.map(([path]) => path).sort()).toEqual(['/200/b', '/201/a', '/503/a']);
});

it('a refusal fails it for good, and the others have still been called', async () => {
  const { received, base } = await receiver();
  const urls = [`${base}/404/a`, `${base}/200/b`];
  const error = await rejection(run({ urls, body: 1 }, jobContext(aLedger())));
  expect(jobErrorFields(error)).toMatchObject({ kind: 'permanent', code: 'rejected' });
  expect(received).toHaveLength(2);
});

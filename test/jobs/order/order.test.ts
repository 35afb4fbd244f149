import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { jobErrorFields } from '../../../core/errors.ts';
import charge, { compensate as refund } from '../../../jobs/order.charge/run.ts';
import reserve, { compensate as release } from '../../../jobs/order.reserve/run.ts';
import ship from '../../../jobs/order.ship/run.ts';
import { jobContext, rejection } from '../context.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A shop that answers everything alike, and notes what it was asked. */
async function shop(status = 200, answer = '{"id":"made-1"}') {
  const asked: { path: string; key: string; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    asked.push({ path: request.url ?? '', key: String(request.headers['idempotency-key']), body });
    response.writeHead(status, { 'retry-after': '3' }).end(answer);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, service: `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop/` };
}

const order = 'order-17';
const price = { amount_cents: 4_200, currency: 'EUR' };
const items = [{ sku: 'pear', quantity: 2 }];

it('each step asks its service, under the key of its effect, and keeps what that made', async () => {
  const { asked, service } = await shop();
  const job = jobContext();
  expect(await reserve({ service, order, items }, job)).toEqual({ reservation: 'made-1' });
  expect(await charge({ service, order, ...price }, job)).toEqual({ payment: 'made-1' });
  const made = { reservation: 'r-1', payment: 'p-1', country: 'DE' };
  expect(await ship({ service, order, ...made }, job)).toEqual({ shipment: 'made-1' });
  expect(asked).toEqual([
    { path: '/shop/reservations', key: 'idempotency-key-of-reservation', body: { order, items } },
    { path: '/shop/payments', key: 'idempotency-key-of-payment', body: { order, ...price } },
    { path: '/shop/shipments', key: 'idempotency-key-of-shipment', body: { order, ...made } },
  ]);
});

it('undoing names what was made', async () => {
  const { asked, service } = await shop();
  await refund({ service, order, ...price }, { payment: 'p-1' }, jobContext());
  await release({ service, order, items }, { reservation: 'r-1' }, jobContext());
  expect(asked).toEqual([
    { path: '/shop/payments/p-1/refunds', key: 'idempotency-key-of-refund', body: { order, ...price } },
    { path: '/shop/reservations/r-1/release', key: 'idempotency-key-of-release', body: { order } },
  ]);
});

it('what is stored is not asked for again', async () => {
  const { asked, service } = await shop();
  const job = jobContext({ once: async () => 'r-9' as never });
  expect(await reserve({ service, order, items }, job)).toEqual({ reservation: 'r-9' });
  expect(asked).toEqual([]);
});

it.each([
  [409, '{}', { kind: 'permanent', code: 'rejected' }],
  [503, '{}', { kind: 'transient', code: 'unavailable', retryAfterSeconds: 3 }],
  [200, '{"id":"a/../b"}', { kind: 'transient', code: 'unavailable' }],
  [200, 'done', { kind: 'transient', code: 'unavailable' }],
])('an answer %i %s ends the attempt', async (status, answer, expected) => {
  const { service } = await shop(status, answer);
  const error = await rejection(reserve({ service, order, items }, jobContext()));
  expect(jobErrorFields(error)).toMatchObject(expected);
});

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { jobErrorFields } from '../../../core/errors.ts';
import run from '../../../jobs/webhook.deliver/run.ts';
import { jobContext, rejection } from '../context.ts';

/** The port of a receiver that answers the first bytes so. */
async function answering(answer: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('data', () => answer(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

it('an answer that changes the protocol is refused at once: nobody here speaks another', async () => {
  const port = await answering((socket) =>
    socket.write('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
  );
  const error = await rejection(run({ url: `http://127.0.0.1:${port}/hush`, body: 1 }, jobContext()));
  expect(error.message).toBe(`127.0.0.1:${port} answered 101: it refuses this request`);
  expect(jobErrorFields(error)).toEqual({ kind: 'permanent', code: 'rejected' });
});

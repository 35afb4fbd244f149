import { once } from 'node:events';
import { createServer } from 'node:net';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { boundedCalls } from '../../../functions/aws/timeouts.ts';

test('a call that nobody answers is given up and repeated', async () => {
  let calls = 0;
  const mute = createServer((socket) => {
    calls++;
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as { port: number };
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SQSClient({ ...boundedCalls(50), endpoint, region: 'us-east-1', credentials });
  await expect(
    client.send(new SendMessageCommand({ QueueUrl: `${endpoint}/q`, MessageBody: 'x' })),
  ).rejects.toThrow();
  expect(calls).toBe(3);
  client.destroy();
  mute.close();
});

import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { signedFetch } from '../../local/signed.ts';
import { isSigned, testKey } from '../client/sigv4.ts';

const caller = { region: 'eu-west-1', credentials: testKey };
const server = createServer();
afterEach(() => new Promise((resolve) => server.close(resolve)));

/** Answers one request with 418 and gives it back with its body. */
async function receive(send: (url: string) => Promise<Response>) {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  const received = new Promise<IncomingMessage & { body: string }>((resolve) => {
    server.once('request', async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.writeHead(418).end();
      resolve(Object.assign(request, { body }));
    });
  });
  const [request, response] = await Promise.all([received, send(`http://127.0.0.1:${port}`)]);
  return { request, status: response.status };
}

it('a GET is signed for API Gateway', async () => {
  const { request, status } = await receive((url) => signedFetch(caller, `${url}/health?a=b%20c`));
  expect([request.method, request.url, status]).toEqual(['GET', '/health?a=b%20c', 418]);
  expect(isSigned(request, Buffer.alloc(0), 'eu-west-1')).toBe(true);
});

it('a form is posted with the hash of its body', async () => {
  const { request } = await receive((url) =>
    signedFetch(caller, `${url}/`, { service: 'sts', method: 'POST', form: { Action: 'GetCallerIdentity' } }),
  );
  expect([request.method, request.body]).toEqual(['POST', 'Action=GetCallerIdentity']);
  expect(request.headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(request.headers.authorization).toContain('/eu-west-1/sts/aws4_request');
  expect(request.headers['x-amz-content-sha256']).toBe(
    'b4b2eab8379f56ae8a4197079d53323c1523a50007a3c9b1cb4dccb185d6e267',
  );
});

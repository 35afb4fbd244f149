import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seeded } from '../simulation/random.ts';
import type { FaultKind } from './fault.ts';
import { type FaultProxy, openProxy } from './proxy.ts';
import { openTrail } from './trail.ts';
import { openWitness } from './witness.ts';

const claim = {
  Statement: 'UPDATE "jobs" SET "status"=? WHERE "pk"=? AND "sk"=?',
  Parameters: [{ S: 'running' }, { S: 'acme#0' }, { S: 'job-1' }],
};
const batch = { Statements: [claim, claim, claim, claim, claim, claim] };

let upstream: Server;
let proxy: FaultProxy;
let seen = openWitness(() => 0);
/** What reached AWS. */
let reached: { target: string; host: string; body: string }[] = [];

beforeEach(async () => {
  reached = [];
  upstream = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      reached.push({
        target: String(request.headers['x-amz-target']),
        host: String(request.headers.host),
        body,
      });
      const { Statements = [], Entries = [] } = JSON.parse(body || '{}');
      response.setHeader('x-amzn-requestid', 'r1');
      response.end(
        JSON.stringify({
          Responses: Statements.map(() => ({})),
          Successful: Entries.map(({ Id }: { Id: string }) => ({ Id })),
        }),
      );
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  seen = openWitness(() => 0);
  const { port } = upstream.address() as AddressInfo;
  proxy = await openProxy(
    new URL(`http://127.0.0.1:${port}`),
    seen,
    openTrail(() => 0),
    seeded(1),
  );
});
afterEach(async () => {
  await proxy.close();
  upstream.closeAllConnections();
  upstream.close();
});

async function call(target: string, body: object, path = '/') {
  const response = await fetch(proxy.url + path, {
    method: 'POST',
    headers: { 'x-amz-target': target, 'user-agent': 'aws-sdk-js/3 app/4711-worklong md/x' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, id: response.headers.get('x-amzn-requestid'), body: JSON.parse(text) };
}
const dynamo = () => call('DynamoDB_20120810.BatchExecuteStatement', batch);
const always = (kind: FaultKind) => proxy.begin({ kind, share: 1 });

test('without a fault a call passes as it is, and the witness sees what it wrote', async () => {
  expect(await dynamo()).toEqual({
    status: 200,
    id: 'r1',
    body: { Responses: [{}, {}, {}, {}, {}, {}], Successful: [] },
  });
  expect(reached).toEqual([
    {
      target: 'DynamoDB_20120810.BatchExecuteStatement',
      host: new URL(proxy.url).host,
      body: JSON.stringify(batch),
    },
  ]);
  expect(seen.inFlight(4711)).toEqual(['job-1']);
});

test('reset: nothing was done', async () => {
  always('reset');
  await expect(dynamo()).rejects.toThrow('fetch failed');
  expect([reached.length, seen.running().length]).toEqual([0, 0]);
});

test('lost: it was done, and the caller never hears of it', async () => {
  always('lost');
  await expect(dynamo()).rejects.toThrow('fetch failed');
  expect([reached.length, seen.running()]).toEqual([1, ['job-1']]);
});

test.each([
  ['throttle', 'DynamoDB_20120810.GetItem', 400, /Throttling|Throughput|RequestLimit/],
  ['throttle', 'AmazonSQS.SendMessageBatch', 400, /Throttl/],
  ['kms', 'TrentService.Decrypt', 400, /ThrottlingException/],
  ['error', 'TrentService.Decrypt', 500, /InternalServerError/],
] as const)('%s of %s', async (kind, target, atLeast, type) => {
  always(kind);
  const answers = await Promise.all(Array.from({ length: 8 }, () => call(target, {})));
  expect(reached).toEqual([]);
  for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(atLeast);
  expect(answers.map(({ body }) => body.__type).join()).toMatch(type);
});

test('rows: some fail; of those that are refused nothing reaches AWS, and the order stays', async () => {
  always('rows');
  const { status, body } = await dynamo();
  const codes = body.Responses.map(({ Error: error }: { Error?: { Code: string } }) => error?.Code ?? 'done');
  expect([status, codes]).toEqual([
    200,
    [
      'ProvisionedThroughputExceeded',
      'done',
      'ProvisionedThroughputExceeded',
      'InternalServerError',
      'InternalServerError',
      'done',
    ],
  ]);
  // An internal error may hide a write that was applied.
  expect(JSON.parse(reached[0]!.body).Statements).toHaveLength(4);
});

test('rows: entries of a send fail one by one', async () => {
  always('rows');
  const Entries = ['a', 'b', 'c', 'd'].map((Id) => ({ Id }));
  const { body } = await call('AmazonSQS.SendMessageBatch', { Entries });
  const failed = body.Failed.map(({ Id }: { Id: string }) => Id);
  const done = body.Successful.map(({ Id }: { Id: string }) => Id);
  expect([...failed, ...done].sort()).toEqual(['a', 'b', 'c', 'd']);
  expect(failed.length).toBeGreaterThan(0);
});

test('a fault befalls its own calls alone, and the first of them in any case', async () => {
  proxy.begin({ kind: 'kms', share: 0 });
  expect((await dynamo()).status).toBe(200);
  expect(proxy.hasHit).toBe(false);
  expect((await call('TrentService.Decrypt', {})).status).toBeGreaterThanOrEqual(400);
  expect((await call('TrentService.Decrypt', {})).status).toBe(200);
  expect([...proxy.injected]).toEqual([['kms', 1]]);
  always('client');
  await expect(call('', {}, '/_aws/execute-api/x/live/v1/jobs')).rejects.toThrow('fetch failed');
  expect((await dynamo()).status).toBe(200);
});

test('while it holds, new calls break', async () => {
  await proxy.hold();
  await expect(dynamo()).rejects.toThrow('fetch failed');
  proxy.letGo();
  expect((await dynamo()).status).toBe(200);
});

test('whoever lies in wait sees whose call it is, and takes it away or lets it pass', async () => {
  const met: unknown[] = [];
  proxy.lieInWait((call, body) => met.push([call, body.toString()]) === 1);
  await expect(dynamo()).rejects.toThrow('fetch failed');
  expect(reached).toEqual([]);
  const found = { service: 'dynamodb', action: 'BatchExecuteStatement', pid: 4711, by: 'worklong' };
  expect(met).toEqual([[found, JSON.stringify(batch)]]);
  expect((await dynamo()).status).toBe(200);
});

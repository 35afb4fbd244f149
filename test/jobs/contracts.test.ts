import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { contracts } from '../../jobs/contracts.ts';
import { csvReport } from '../../jobs/csv.report/contract.ts';
import { csvSummarize } from '../../jobs/csv.summarize/contract.ts';
import echoRun from '../../jobs/echo/run.ts';
import { queues } from '../../jobs/queues.ts';
import { runs } from '../../jobs/runs.ts';
import { webhookDeliver } from '../../jobs/webhook.deliver/contract.ts';
import { jobContext } from './context.ts';

describe('the list of job types', () => {
  it('has a handler for every contract and no other', () => {
    const types = contracts.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['echo', 'csv.summarize', 'csv.report', 'webhook.deliver']));
    expect(Object.keys(runs).sort()).toEqual([...types].sort());
  });

  it.each(Object.entries(runs))('loads the handler of %s', async (_, load) => {
    expect((await load()).default).toBeTypeOf('function');
  });

  it.each(contracts)('gives $type a queue that exists and numbers the queue allows', (contract) => {
    expect(queues.map(({ name }) => name)).toContain(contract.queue);
    expect(contract.timeoutSeconds).toBeLessThanOrEqual(contract.queue === 'long' ? 885 : 60);
    expect(contract.retry.maxAttempts).toBeGreaterThanOrEqual(1);
  });

  it.each(contracts)('can describe payload and result of $type as JSON Schema', ({ payload, result }) => {
    expect(z.toJSONSchema(payload)).toBeTypeOf('object');
    expect(z.toJSONSchema(result)).toBeTypeOf('object');
  });
});

describe('echo', () => {
  it.each([{}, { message: null }, { message: { deep: [1, 'two'] }, more: true }])(
    'answers with %j',
    async (payload) => {
      expect(await echoRun(payload, jobContext())).toEqual(payload);
    },
  );
});

function problems(schema: z.core.$ZodType, payload: unknown): string[] {
  const parsed = z.safeParse(schema, payload);
  return parsed.success
    ? []
    : parsed.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`);
}

describe('payload of csv.summarize', () => {
  it.each([
    { csv: '' },
    { csv: 'a;b', delimiter: ';' },
    { key: 'a.csv' },
    { key: 'in/2026/a..b.csv', delimiter: '\t' },
  ])('takes %j', (payload) => {
    expect(problems(csvSummarize.payload, payload)).toEqual([]);
  });

  const relative = '/key: must be a relative key: no slash at either end, no empty, "." or ".." segment';
  it.each(['/etc', 'a/', 'a//b', '..', '../b', 'a/../b', './a', 'a/.'])('refuses the key %j', (key) => {
    expect(problems(csvSummarize.payload, { key })).toEqual([relative]);
  });

  it.each(['a\u0000', 'a\nb', 'a\\..\\b'])('refuses the key %j', (key) => {
    expect(problems(csvSummarize.payload, { key })).toEqual([
      '/key: must hold no control characters and no backslash',
    ]);
  });

  it.each([{}, { csv: 'a', key: 'b' }, { csv: 1 }, { csv: 'a', delimiter: 'x' }, null])(
    'refuses %j and says what is allowed',
    (payload) => {
      expect(problems(csvSummarize.payload, payload)).toEqual([
        '/: must be {"csv": text} or {"key": name of an object}, with at most a "delimiter" beside it: comma, semicolon, tab or |',
      ]);
    },
  );
});

describe('unknown fields', () => {
  it.each([
    [csvSummarize, { csv: 'a', extra: 1 }],
    [csvReport, { summaries: [], extra: 1 }],
    [webhookDeliver, { url: 'http://a', body: 1, extra: 1 }],
  ])('are refused by name: %#', (contract, payload) => {
    const { error } = z.safeParse(contract.payload, payload);
    expect(error?.issues).toContainEqual(
      expect.objectContaining({ code: 'unrecognized_keys', keys: ['extra'] }),
    );
  });
});

describe('payload of csv.report', () => {
  const summary = { rows: 0, bytes: 2, column_count: 0, columns: [] };

  it('takes 1 to 500 summaries', () => {
    const of = (length: number) => ({ summaries: Array.from({ length }, () => ({ name: 'a', summary })) });
    expect(problems(csvReport.payload, of(1))).toEqual([]);
    expect(problems(csvReport.payload, of(500))).toEqual([]);
    expect(problems(csvReport.payload, of(0))).toHaveLength(1);
    expect(problems(csvReport.payload, of(501))).toHaveLength(1);
  });

  it('takes a summary of a later release, which may know more', () => {
    const later = { ...summary, sheets: 3 };
    expect(problems(csvReport.payload, { summaries: [{ name: 'a', summary: later }] })).toEqual([]);
  });
});

describe('payload of webhook.deliver', () => {
  it.each([
    { url: 'https://example.com', body: null },
    { url: 'http://example.com:8080/a?b=c', body: 'text', secret: 's', headers: { 'X-Shop': 'one' } },
  ])('takes %j', (payload) => {
    expect(problems(webhookDeliver.payload, payload)).toEqual([]);
  });

  it.each(['whsec_TWFu', 'whsec_TWE=', 'whsec_TWE', 'whsec_TQ==', 'whsec_TQ', 'whsec', 'any text *'])(
    'takes the secret %s',
    (secret) => expect(problems(webhookDeliver.payload, { url: 'http://a', body: 1, secret })).toEqual([]),
  );

  it.each(['whsec_', 'whsec_***', 'whsec_TWFuT', 'whsec_TWFu TWFu', 'whsec_TWFu=', 'whsec_T-_u'])(
    'refuses the secret %s, which is no base64',
    (secret) =>
      expect(problems(webhookDeliver.payload, { url: 'http://a', body: 1, secret })).toEqual([
        '/secret: must have base64 behind whsec_',
      ]),
  );

  it.each([
    ['example.com', '/url: must be an absolute URL'],
    ['ftp://example.com', '/url: must be an http or https URL'],
    ['file:///etc/passwd', '/url: must be an http or https URL'],
    ['https://user@example.com', '/url: must hold no user name or password; use a header'],
    ['https://:word@example.com', '/url: must hold no user name or password; use a header'],
  ])('refuses the URL %s', (url, problem) => {
    expect(problems(webhookDeliver.payload, { url, body: 1 })).toEqual([problem]);
  });

  it.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Proxy-Authorization',
    'Webhook-Id',
    'webhook-anything',
    'accept-encoding',
  ])('refuses the header %s', (name) => {
    expect(problems(webhookDeliver.payload, { url: 'http://a', body: 1, headers: { [name]: 'x' } })).toEqual([
      `/headers/${name}: is set by TaskQ or belongs to the connection; leave it out`,
    ]);
  });

  it.each(['', 'a b', 'a:b', 'a\r\nb', 'ä'])('refuses the header name %j', (name) => {
    expect(problems(webhookDeliver.payload, { url: 'http://a', body: 1, headers: { [name]: 'x' } })).toEqual([
      `/headers/${name}: is not a header name: 1 to 64 characters of RFC 9110 "token"`,
    ]);
  });

  it.each(['a\r\nwebhook-id: 1', 'a\nb', 'a\u0000', 'ä'])('refuses the header value %j', (value) => {
    expect(problems(webhookDeliver.payload, { url: 'http://a', body: 1, headers: { 'x-a': value } })).toEqual(
      ['/headers/x-a: has a value with characters other than printable ASCII, space and tab'],
    );
  });

  it('refuses more than 32 headers', () => {
    const headers = Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`x-${n}`, '']));
    expect(problems(webhookDeliver.payload, { url: 'http://a', body: 1, headers })).toEqual([
      '/headers: must hold at most 32 headers',
    ]);
  });
});

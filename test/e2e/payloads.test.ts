import { randomBytes } from 'node:crypto';
import { expect, inject, it } from 'vitest';
import { makeApi, newTenant } from './api.ts';
import { makeAws } from './aws.ts';

const local = inject('taskq');
const aws = await makeAws(local);
const api = makeApi(local, newTenant());
/** Stands in every payload, in tags and ids of nothing. */
const marker = `marker-${randomBytes(12).toString('hex')}`;
const noise = (bytes: number) => randomBytes(bytes).toString('base64').slice(0, bytes);
/** A message whose payload, as JSON, has this many bytes. */
const filling = (bytes: number) => marker + noise(bytes - '{"message":""}'.length - marker.length);

const tiers = [
  { tier: 'tiny', message: marker, payloadAt: 'record', resultAt: 'record' },
  { tier: '5 KB', message: filling(5_000), payloadAt: 'item', resultAt: 'item' },
  { tier: '100 KB that compress', message: marker.repeat(2_300), payloadAt: 'record', resultAt: 'record' },
  { tier: '100 KB that do not', message: filling(100_000), payloadAt: 's3', resultAt: 's3' },
  { tier: '1 MiB, the limit', message: filling(1_048_576), payloadAt: 's3', resultAt: 's3' },
];
const ids = new Map<string, string>();

it.each(tiers)('$tier goes in, through the handler and out again', async ({ tier, message, ...at }) => {
  const { id } = await api.enqueue('echo', { message });
  ids.set(tier, id);
  const { status, body } = await api.call('getResult', { id, query: { wait: 20 } });
  expect([status, body.status]).toEqual([200, 'completed']);
  // Not toEqual: a difference of a megabyte would take minutes to print.
  expect(body.result.message === message).toBe(true);
  const opened = await api.call('getPayload', { id });
  expect(opened.body.payload.message === message).toBe(true);

  const { payload, result } = (await aws.record(api.tenant, id))!;
  const place = (stored: object) => ('at' in stored ? stored.at : 'record');
  expect([place(payload), place(result!)]).toEqual([at.payloadAt, at.resultAt]);
});

it('an error that quotes the payload comes back to who may read errors', async () => {
  const url = `http://${marker}.invalid/`;
  const { id } = await api.enqueue('webhook.deliver', { url, body: 1 }, { max_attempts: 1 });
  ids.set('error', id);
  expect((await api.finished(id)).last_error).toMatchObject({ code: 'network', cause: 'transient_error' });
  const { body } = await api.call('getErrors', { id });
  expect(body.errors).toEqual([expect.objectContaining({ code: 'network', attempt: 1 })]);
  expect(body.errors[0].message).toContain(marker);
});

it('a refused payload', async () => {
  const { status } = await api.call('enqueueJob', {
    body: { type: 'csv.summarize', payload: { csv: [marker] } },
  });
  expect(status).toBe(422);
});

it('nothing of all this is readable where it is stored', async () => {
  const tables = [await aws.items(aws.tables.jobs), await aws.items(aws.tables.keys)];
  const objects = await aws.objects('');
  const stored = Buffer.concat([
    ...tables.flat().flatMap(bytesOf),
    ...objects.values(),
    Buffer.from([...objects.keys()].join()),
  ]);
  expect(ids.size).toBe(6);
  for (const id of ids.values()) expect(stored.includes(id)).toBe(true);
  expect([...objects.keys()].filter((each) => each.includes(api.tenant))).toHaveLength(4);
  for (const form of formsOf(marker)) expect(stored.includes(form)).toBe(false);
});

it('nothing of all this is in any log', async () => {
  const lines = (await aws.logLines()).join('\n');
  expect(lines).toContain('"message":"enqueue"');
  expect(lines).toContain(ids.get('error'));
  for (const form of formsOf(marker)) expect(lines).not.toContain(form);
});

/** As it is, and as base64 would hold it, whatever stands before it. */
function formsOf(text: string): string[] {
  const inner = (shift: number) =>
    Buffer.from(' '.repeat(shift) + text)
      .toString('base64')
      .slice(4, -4);
  return [text, inner(0), inner(1), inner(2)];
}

/** Every string and every binary value of an item. */
function bytesOf(value: unknown): Buffer[] {
  if (typeof value === 'string') return [Buffer.from(value)];
  if (value instanceof Uint8Array) return [Buffer.from(value)];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(bytesOf);
  return [];
}

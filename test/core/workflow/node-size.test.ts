import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { plan } from '../../../core/workflow/plan.ts';

const book = {
  ...{ type: 'book', queue: 'default', payload: z.unknown(), result: z.unknown() },
  ...{ timeoutSeconds: 30, retry: { maxAttempts: 5 } },
};
const catalogue = {
  queues: [{ name: 'default', memoryMb: 512, batchConcurrency: 10 }],
  contracts: [book],
  signals: [],
};
const faultsOf = (nodes: unknown[]) => {
  const checked = plan(nodes, catalogue, 1_800_000_000_000);
  if (checked.ok) return [];
  const { code, details = [] } = checked.problem;
  return [code, ...details.map(({ path, message }) => `${path} ${message}`)];
};

test('a payload that one item can not hold: 413', () => {
  expect(faultsOf([{ key: 'a', type: 'book', payload: 'x'.repeat(307_198) }])).toEqual([]);
  expect(faultsOf([{ key: 'a', type: 'book', payload: 'x'.repeat(307_199) }])).toEqual([
    'payload_too_large',
    '/nodes/0/payload must have at most 307200 bytes of JSON: a node is stored in one item',
  ]);
});

test('a node whose from, payload and names one item can not hold: 413, the node by its path', () => {
  const wide = (count: number) => ({
    key: 'b',
    type: 'book',
    from: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `/${String(index).padStart(400, 'x')}`,
        { node: 'a', pointer: `/${'y'.repeat(400)}` },
      ]),
    ),
  });
  const a = { key: 'a', type: 'book' };
  const fault =
    '/nodes/1 must have at most 348160 bytes of JSON, with its payload, its from, and where it has a when the full keys of what it depends on: a node is stored in one item';
  expect(faultsOf([a, wide(418)])).toEqual([]);
  expect(faultsOf([a, wide(419)])).toEqual(['payload_too_large', fault]);
  expect(faultsOf([a, { ...wide(60), payload: 'x'.repeat(300_000) }])).toEqual(['payload_too_large', fault]);
  const many = Array.from({ length: 3_000 }, (_, index) => ({
    key: String(index).padStart(64, 'k'),
    type: 'book',
  }));
  const last = { key: 'last', type: 'book', depends_on: many.map(({ key }) => key) };
  expect(faultsOf([...many, last])).toEqual([]);
  expect(faultsOf([...many, { ...last, when: 'size(states) > 1' }])).toEqual([
    'payload_too_large',
    fault.replace('/1', '/3000'),
  ]);
});

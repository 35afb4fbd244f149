import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { plan } from '../../../core/workflow/plan.ts';

const type = (name: string, payload: z.core.$ZodType, compensates = false) => ({
  type: name,
  queue: 'default',
  payload,
  result: z.unknown(),
  timeoutSeconds: 30,
  retry: { maxAttempts: 5 },
  compensates,
});
const catalogue = {
  queues: [{ name: 'default', memoryMb: 512, batchConcurrency: 10 }],
  contracts: [type('sum', z.strictObject({ file: z.string() })), type('book', z.unknown(), true)],
  signals: ['approval'],
};
const planned = (nodes: unknown[]) => plan(nodes, catalogue, 1_800_000_000_000);
const faultsOf = (nodes: unknown[]) => {
  const checked = planned(nodes);
  return checked.ok
    ? []
    : [
        checked.problem.code,
        ...(checked.problem.details ?? []).map(({ path, message }) => `${path} ${message}`),
      ];
};
const specsOf = (nodes: unknown[]) => {
  const checked = planned(nodes);
  if (!checked.ok) throw new Error(JSON.stringify(checked.problem));
  return checked.value;
};
const plain = { kind: 'job', dependsOn: [], onFailure: 'cancel', conditional: false, compensates: false };

test('a node is stored as it was given, with what its type can do', () => {
  expect(
    specsOf([
      {
        key: 'a',
        type: 'book',
        payload: { x: 1 },
        priority: 9,
        delay_seconds: 5,
        max_attempts: 2,
        timeout_seconds: 10,
      },
    ]),
  ).toEqual([
    {
      key: 'a',
      node: { ...plain, compensates: true },
      job: { type: 'book', priority: 9, delaySeconds: 5, maxAttempts: 2, timeoutSeconds: 10 },
      payload: { x: 1 },
    },
  ]);
});

test('dependencies are indexes; taking data is depending', () => {
  const specs = specsOf([
    {
      key: 'c',
      type: 'book',
      depends_on: ['a', { key: 'b', on_failure: 'continue' }],
      from: { '/x': { node: 'a', pointer: '/y' } },
    },
    { key: 'a', type: 'book', on_failure: 'compensate' },
    { key: 'b', type: 'book' },
    { key: 'd', type: 'book', from: { '': { node: 'c' } } },
  ]);
  expect(specs[0]?.node.dependsOn).toEqual([
    { on: 1, onFailure: 'compensate', takes: true },
    { on: 2, onFailure: 'continue', takes: false },
  ]);
  expect(specs[3]?.node.dependsOn).toEqual([{ on: 0, onFailure: 'cancel', takes: true }]);
});

test('a map has its bound, its list, and depends on who gives it', () => {
  const [, map] = specsOf([
    { key: 'list', type: 'book' },
    { key: 'each', type: 'sum', map: { over: { node: 'list', pointer: '/files' }, max_concurrency: 3 } },
  ]);
  expect(map).toMatchObject({
    node: { kind: 'map', maxConcurrency: 3, dependsOn: [{ on: 0, takes: true }] },
    over: { node: 'list', pointer: '/files' },
  });
});

test('a sub-workflow lies flat between its start and its end', () => {
  const specs = specsOf([
    { key: 'fetch', type: 'book' },
    {
      key: 'etl',
      depends_on: ['fetch'],
      when: 'results.fetch.ok',
      workflow: {
        nodes: [
          { key: 'a', type: 'book', from: { '': { node: 'fetch' } } },
          { key: 'b', type: 'book', depends_on: ['a'] },
        ],
      },
    },
    { key: 'report', type: 'book', depends_on: ['etl'], from: { '/a': { node: 'etl/a' } } },
  ]);
  expect(
    specs.map(({ key, node }) => [
      key,
      node.kind,
      node.dependsOn.map(({ on, takes }) => `${on}${takes ? ' takes' : ''}`),
    ]),
  ).toEqual([
    ['fetch', 'job', []],
    ['etl:start', 'join', ['0']],
    ['etl/a', 'job', ['1 takes', '0 takes']],
    ['etl/b', 'job', ['1 takes', '2']],
    ['etl', 'join', ['1 takes', '2', '3']],
    ['report', 'job', ['4', '2 takes']],
  ]);
  expect(specs[1]).toMatchObject({
    when: 'results.fetch.ok',
    names: { fetch: 'fetch' },
    node: { conditional: true },
  });
  expect(specs[4]?.node.conditional).toBe(false);
  expect(specs[5]?.from).toEqual({ '/a': { node: 'etl/a' } });
});

describe('refused', () => {
  test('all faults at once, with their paths', () => {
    expect(
      faultsOf([
        { key: 'a', type: 'sum', payload: { file: 1 } },
        { key: 'b', type: 'gone', depends_on: ['x'], priority: 4 },
        { key: 'c', type: 'sum', from: { '/file': { node: 'y' }, '/z': { element: '' } }, max_attempts: 9 },
        { key: 'd', signal: 'nobody' },
      ]),
    ).toEqual([
      'invalid_request',
      '/nodes/1/depends_on/0 there is no node "x" in this workflow',
      '/nodes/2/from/~1file/node there is no node "y" in this workflow',
      '/nodes/2/from/~1z element and index belong to a node with a map',
      '/nodes/0/payload/file must be a string',
      '/nodes/1/type must be one of "sum", "book"',
      '/nodes/2/max_attempts must be at most 5 for type "sum"',
      '/nodes/3/signal must be one of "approval"',
    ]);
  });
  test('what is no node, what is no graph and what no job takes, in one answer', () => {
    expect(
      faultsOf([
        { key: 'bad', type: 'book', priority: 12 },
        { key: 'sub', workflow: { nodes: [] } },
        { key: 'a', type: 'book', depends_on: ['bad', 'sub/x', 'b'] },
        { key: 'b', type: 'book', depends_on: ['a', 'gone'] },
        { key: 'c', type: 'book', depends_on: ['d'] },
        { key: 'd', type: 'book', depends_on: ['c'], when: '1 +' },
        { key: 'e', type: 'sum', payload: { file: 1 }, queue: 'nowhere', max_attempts: 9 },
        { key: 'f', type: 'gone', queue: 'nowhere' },
        { key: 'g', signal: 'nobody' },
      ]),
    ).toEqual([
      'invalid_request',
      '/nodes/0/priority must be at most 9',
      '/nodes/1/workflow/nodes must have at least 1 entry',
      '/nodes/3/depends_on/1 there is no node "gone" in this workflow',
      '/nodes/2/depends_on these nodes wait for each other: "a" → "b" → "a"',
      '/nodes/4/depends_on these nodes wait for each other: "c" → "d" → "c"',
      '/nodes/5/when must be an expression in CEL: Unexpected token: EOF',
      '/nodes/6/max_attempts must be at most 5 for type "sum"',
      '/nodes/6/queue must be one of "default"',
      '/nodes/6/payload/file must be a string',
      '/nodes/7/type must be one of "sum", "book"',
      '/nodes/7/queue must be one of "default"',
      '/nodes/8/signal must be one of "approval"',
    ]);
  });
  test('of a long cycle the first keys are named', () => {
    const ring = Array.from({ length: 30 }, (_, index) => ({
      ...{ key: `n${index}`, type: 'book', depends_on: [`n${(index + 1) % 30}`] },
    }));
    expect(faultsOf(ring)[1]).toMatch(/"n18" → "n19" → 10 more → "n0"$/);
  });
  test('keys twice, shapes, and what a node can not be', () => {
    expect(
      faultsOf([
        { key: 'a', type: 'book' },
        { key: 'a', type: 'book' },
        { key: 'b' },
        { key: 'c d', type: 'book' },
        { key: 'e', signal: 'approval', payload: 1 },
        5,
      ]),
    ).toEqual([
      'invalid_request',
      '/nodes/1/key must be unique: another node is called "a"',
      '/nodes/2 must have exactly one of type, signal and workflow',
      '/nodes/3/key must match [A-Za-z0-9_-]{1,64}',
      '/nodes/4/payload belongs to a node with a type',
      '/nodes/5 must be an object',
    ]);
  });
  test('a cycle is named', () => {
    expect(
      faultsOf([
        { key: 'a', type: 'book', depends_on: ['c'] },
        { key: 'b', type: 'book', depends_on: ['a'] },
        { key: 'c', type: 'book', depends_on: ['b'] },
      ]),
    ).toEqual([
      'invalid_request',
      '/nodes/0/depends_on these nodes wait for each other: "a" → "c" → "b" → "a"',
    ]);
  });
  test('a sub-workflow that waits for itself', () => {
    expect(
      faultsOf([{ key: 'etl', workflow: { nodes: [{ key: 'a', type: 'book', depends_on: ['etl'] }] } }]),
    ).toEqual([
      'invalid_request',
      '/nodes/0/workflow/nodes/0/depends_on these nodes wait for each other: "etl/a" → "etl" → "etl/a"',
    ]);
  });
  test('a condition over what does not come before', () => {
    expect(
      faultsOf([
        { key: 'a', type: 'book' },
        { key: 'b', type: 'book', when: 'results.a.x' },
        { key: 'c', type: 'book', when: '1 +' },
        {
          key: 'd',
          type: 'book',
          depends_on: ['a'],
          when: 'states.zz == "failed" || states["b"] == results.a.x',
        },
      ]),
    ).toEqual([
      'invalid_request',
      '/nodes/1/when must look at nodes that this one depends on; "a" is none',
      '/nodes/2/when must be an expression in CEL: Unexpected token: EOF',
      '/nodes/3/when must look at nodes that this one depends on; "zz" is none',
      '/nodes/3/when must look at nodes that this one depends on; "b" is none',
    ]);
  });
  test('only what this release does not know: 422', () => {
    expect(faultsOf([{ key: 'a', type: 'gone' }])[0]).toBe('unknown_type');
    expect(faultsOf([{ key: 'a', type: 'sum', payload: {} }])[0]).toBe('invalid_payload');
  });
  test('more than 10,000 nodes', () => {
    expect(
      faultsOf(Array.from({ length: 10_001 }, (_, index) => ({ key: `n${index}`, type: 'book' }))),
    ).toEqual(['invalid_request', "/nodes must be at most 10000 nodes, sub-workflows' counted"]);
  });
  test('millions of nodes that are none are counted, not looked at', () => {
    const empty = Array.from({ length: 9_000 }, () => ({}));
    const nodes = Array.from({ length: 150 }, (_, index) => ({
      key: `n${index}`,
      workflow: { nodes: empty },
    }));
    const faults = faultsOf(nodes);
    expect(faults[1]).toBe("/nodes must be at most 10000 nodes, sub-workflows' counted");
    expect(faults.join()).not.toContain('/nodes/1/workflow');
  });
  test('workflows in each other, ten deep at the most', () => {
    const deep = (levels: number): unknown[] =>
      levels === 1 ? [{ key: 'a', type: 'book' }] : [{ key: 'a', workflow: { nodes: deep(levels - 1) } }];
    expect(faultsOf(deep(10))).toEqual([]);
    expect(faultsOf(deep(11))).toEqual([
      'invalid_request',
      `/nodes${'/0/workflow/nodes'.repeat(10)} must be at most 10 workflows deep`,
    ]);
    expect(faultsOf(deep(2_000))).toHaveLength(2);
  });
});

test('10,000 nodes are planned', () => {
  const chain = Array.from({ length: 10_000 }, (_, index) => ({
    key: `n${index}`,
    type: 'book',
    depends_on: index === 0 ? [] : [`n${index - 1}`],
  }));
  expect(specsOf(chain)).toHaveLength(10_000);
});

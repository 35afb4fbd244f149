import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { type AddedNodes, placed } from '../../../core/workflow/added.ts';
import { plan } from '../../../core/workflow/plan.ts';
import { planAdded, surroundings } from '../../../core/workflow/plan-added.ts';
import type { NodeSpec } from '../../../core/workflow/spec.ts';

const type = (name: string, payload: z.core.$ZodType) => ({
  type: name,
  queue: 'default',
  payload,
  result: z.unknown(),
  timeoutSeconds: 30,
  retry: { maxAttempts: 5 },
});
const catalogue = {
  queues: [{ name: 'default', memoryMb: 512, batchConcurrency: 10 }],
  contracts: [type('sum', z.strictObject({ file: z.string() })), type('any', z.unknown())],
  signals: ['approval'],
};
const now = 1_800_000_000_000;
const any = (key: string, more: object = {}) => ({ key, type: 'any', ...more });

function graph(nodes: unknown[]): NodeSpec[] {
  const planned = plan(nodes, catalogue, now);
  if (!planned.ok) throw new Error(JSON.stringify(planned.problem));
  return planned.value;
}

/** `etl` is a sub-workflow whose `list`, its fourth node, adds nodes. */
const base = graph([
  any('first', { on_failure: 'continue' }),
  { key: 'etl', workflow: { nodes: [any('before'), any('list')] } },
]);
const list = base.findIndex(({ key }) => key === 'etl/list');

function planned(nodes: unknown[], before: AddedNodes[] = [], room = 10_000) {
  return planAdded(nodes, before, surroundings(base, list), { catalogue, now, room });
}
function added(nodes: unknown[], before: AddedNodes[] = []): AddedNodes {
  const result = planned(nodes, before);
  if (!result.ok) throw new Error(JSON.stringify(result.problem));
  return result.value;
}
function faults(nodes: unknown[], before: AddedNodes[] = [], room = 10_000): string[] {
  const result = planned(nodes, before, room);
  return result.ok ? [] : (result.problem.details ?? []).map(({ path, message }) => `${path} ${message}`);
}
/** In the graph, behind what is there. */
function inGraph(nodes: unknown[], specs = base, index = list): NodeSpec[] {
  const content = added(nodes);
  const places = new Map(specs.map(({ key }, place) => [key, place]));
  return placed(content, { index, key: specs[index]?.key ?? '' }, specs.length, (key) => places.get(key));
}

describe('nodes that a job adds', () => {
  test('are called by the node it runs for, and begin once that one has', () => {
    expect(inGraph([any('a', { payload: 1, on_failure: 'continue' })])).toEqual([
      {
        key: 'etl/list/a',
        node: {
          kind: 'job',
          dependsOn: [],
          onFailure: 'continue',
          conditional: false,
          compensates: false,
          addedBy: 3,
        },
        job: { type: 'any' },
        payload: 1,
      },
    ]);
  });

  test('may come after the job itself, after each other, and after what stands around it', () => {
    const specs = inGraph([
      any('join', { depends_on: ['a', 'before', 'first'], from: { '/x': { node: '.', pointer: '/y' } } }),
      any('a', { depends_on: ['.'] }),
      any('b', {
        map: { over: { node: 'etl/before' } },
        when: 'results["etl/before"] == results["."]',
        depends_on: ['.'],
      }),
    ]);
    const keyAt = (index: number) => [...base, ...specs][index]?.key;
    expect(
      specs.map(({ node }) =>
        node.dependsOn.map(({ on, onFailure, takes }) => [keyAt(on), onFailure, takes]),
      ),
    ).toEqual([
      [
        ['etl/list/a', 'cancel', false],
        ['etl/before', 'cancel', false],
        ['first', 'continue', false],
        ['etl/list', 'cancel', true],
      ],
      [['etl/list', 'cancel', false]],
      [
        ['etl/list', 'cancel', false],
        ['etl/before', 'cancel', true],
      ],
    ]);
    expect(specs[0]?.from).toEqual({ '/x': { node: 'etl/list', pointer: '/y' } });
    expect([specs[2]?.over, specs[2]?.names]).toEqual([
      { node: 'etl/before' },
      { '.': 'etl/list', 'etl/before': 'etl/before' },
    ]);
  });

  test('a sub-workflow among them is laid out flat', () => {
    const specs = inGraph([
      { key: 'part', workflow: { nodes: [any('x'), any('y', { depends_on: ['x', 'first'] })] } },
    ]);
    expect(specs.map(({ key }) => key)).toEqual([
      'etl/list/part:start',
      'etl/list/part/x',
      'etl/list/part/y',
      'etl/list/part',
    ]);
    expect(specs[2]?.node.dependsOn.map(({ on }) => on)).toEqual([5, 6, 0]);
  });

  test('one that was added may add, and long chains keep short keys', () => {
    let specs = graph([any('a')]);
    for (let step = 0; step < 100; step++) {
      const index = specs.length - 1;
      const content = planAdded([any('next', { depends_on: ['.'] })], [], surroundings(specs, index), {
        catalogue,
        now,
        room: 10,
      });
      if (!content.ok) throw new Error(JSON.stringify(content.problem));
      const by = { index, key: specs[index]?.key ?? '' };
      specs = [
        ...specs,
        ...placed(content.value, by, specs.length, (key) => specs.findIndex((each) => each.key === key)),
      ];
    }
    expect(specs[2]?.key).toBe('a/next/next');
    expect(new Set(specs.map(({ key }) => key)).size).toBe(101);
    expect(Math.max(...specs.map(({ key }) => key.length))).toBeLessThanOrEqual(206);
    expect(specs.slice(1).map(({ node }) => node.dependsOn[0]?.on)).toEqual(
      Array.from({ length: 100 }, (_, at) => at),
    );
  });
});

describe('what was added before', () => {
  const first = added([any('a', { payload: { x: 1, y: 2 } }), any('b')]);
  test('is not added again, whatever the order of its members', () => {
    expect(added([any('b'), { payload: { y: 2, x: 1 }, type: 'any', key: 'a' }], [first])).toEqual({
      specs: [],
      asked: {},
    });
  });
  test('can be depended on', () => {
    const { specs, asked } = added(
      [any('a', { payload: { x: 1, y: 2 } }), any('c', { depends_on: ['a'] })],
      [first],
    );
    expect(specs.map(({ key, node }) => [key, node.dependsOn])).toEqual([
      ['./c', [{ on: './a', onFailure: 'cancel', takes: false }]],
    ]);
    expect(Object.keys(asked)).toEqual(['c']);
  });
  test('stands: the same key with another content is refused, by its place in what was asked', () => {
    expect(faults([any('c'), any('a', { payload: { x: 1 } })], [first])).toEqual([
      '/nodes/1/key was added before with another content, which stands: give this node another key',
    ]);
  });
});

describe('all faults at once', () => {
  test('as on arrival, with their paths', () => {
    expect(
      faults([
        any('a', { depends_on: ['nowhere'] }),
        { key: 'b', type: 'sum', payload: { file: 1 } },
        { key: 'c', type: 'none' },
        { key: 'd', signal: 'unknown' },
      ]),
    ).toEqual([
      '/nodes/0/depends_on/0 there is no node "nowhere" in this workflow',
      '/nodes/1/payload/file must be a string',
      expect.stringMatching(/^\/nodes\/2\/type must be/),
      '/nodes/3/signal must be one of "approval"',
    ]);
    expect(faults([any('a'), any('a')])).toEqual(['/nodes/1/key must be unique: another node is called "a"']);
    expect(faults([any('a', { depends_on: ['b'] }), any('b', { depends_on: ['a'] })])).toEqual([
      '/nodes/0/depends_on these nodes wait for each other: "a" → "b" → "a"',
    ]);
  });
  test('no room', () => {
    expect(faults([any('a'), any('b')], [], 1)).toEqual([
      '/nodes must be at most 1: nodes are added to a workflow of up to 10000, elements of maps counted',
    ]);
    expect(faults([any('a')], [], 1)).toEqual([]);
  });
  test('without what stands around, only the job and what it adds are known', () => {
    const alone = (nodes: unknown[]) => planAdded(nodes, [], undefined, { catalogue, now, room: 10 }).ok;
    expect([alone([any('a', { depends_on: ['.'] })]), alone([any('a', { depends_on: ['first'] })])]).toEqual([
      true,
      false,
    ]);
  });
});

test('`.` is no node of a workflow that is handed in', () => {
  const result = plan([any('a', { depends_on: ['.'] })], catalogue, now);
  expect(result.ok ? [] : result.problem.details).toEqual([
    { path: '/nodes/0/depends_on/0', message: 'there is no node "." in this workflow' },
  ]);
});

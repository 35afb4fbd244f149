import { describe, expect, test } from 'vitest';
import { boxesOf } from '../../client/workflow/boxes.ts';
import { changesOf, describeWorkflow, frameOf } from '../../client/workflow/describe.ts';
import { layoutOf } from '../../client/workflow/layout.ts';
import { linesOf, spanText } from '../../client/workflow/lines.ts';
import { svgOf } from '../../client/workflow/svg.ts';
import type { NodeState } from '../../core/workflow/states.ts';
import { aNode, aWorkflow, workflowId } from './a-workflow.ts';

const start = Date.parse('2026-11-22T03:00:00.000Z');
const at = (ms: number) => new Date(start + ms).toISOString();

/** List, a map of three, a report that waits for it, an approval, and a delivery. */
const nodes = [
  aNode('list', { status: 'completed', type: 'csv.list', started_at: at(100), finished_at: at(340) }),
  aNode('each', { kind: 'map', status: 'running', type: 'csv.summarize', depends_on: ['list'] }),
  aNode('report', { depends_on: ['each', 'list'], waits_for: ['each'], type: 'csv.report' }),
  aNode('asked', { kind: 'signal', type: undefined, signal: 'approval', depends_on: ['list'] }),
  aNode('send', { depends_on: ['asked', 'report'], waits_for: ['asked', 'report'] }),
  aNode('each[0]', { status: 'completed', started_at: at(400), finished_at: at(1_400) }),
  aNode('each[1]', { status: 'running', started_at: at(500) }),
  aNode('each[2]', { waits_for: ['each'] }),
];
nodes[3] = { ...nodes[3]!, status: 'running', deadline: at(62_500) };
const workflow = { ...aWorkflow(), nodes, critical_path: ['list', 'each[1]'] };
const boxes = boxesOf(workflow);
const now = start + 2_500;

describe('boxes', () => {
  test('elements are counted in their map, which has their times', () => {
    expect(boxes.map(({ key }) => key)).toEqual(['list', 'each', 'report', 'asked', 'send']);
    expect(boxes[1]).toEqual({
      key: 'each',
      kind: 'map',
      what: 'csv.summarize for each',
      status: 'running',
      layer: 1,
      dependsOn: [0],
      waitsFor: [],
      critical: 1,
      elements: { completed: 1, running: 1, waiting: 1 },
      startedAt: start + 400,
    });
  });

  test('a layer is one more than the last it waits for, whatever the order they were written in', () => {
    expect(boxes.map(({ layer }) => layer)).toEqual([0, 1, 2, 1, 3]);
    const backwards = boxesOf({
      nodes: [aNode('c', { depends_on: ['b'] }), aNode('b', { depends_on: ['a'] }), aNode('a')],
    });
    expect(backwards.map(({ key, layer }) => `${key}${layer}`)).toEqual(['c2', 'b1', 'a0']);
  });

  test('what a job added stands behind it, that of an element behind its map, unless it waits for others', () => {
    const added = boxesOf({
      nodes: [
        aNode('a'),
        aNode('each', { kind: 'map', depends_on: ['a'] }),
        aNode('a/x', { added_by: 'a' }),
        aNode('a/y', { added_by: 'a', depends_on: ['a/x'] }),
        aNode('each[0]'),
        aNode('each[0]/z', { added_by: 'each[0]' }),
      ],
    });
    expect(added.map(({ key, layer, dependsOn }) => [key, layer, dependsOn])).toEqual([
      ['a', 0, []],
      ['each', 1, [0]],
      ['a/x', 1, [0]],
      ['a/y', 2, [2]],
      ['each[0]/z', 2, [1]],
    ]);
  });

  test('a chain of 10,000 is no deeper than the stack', () => {
    const chain = Array.from({ length: 10_000 }, (_, n) =>
      aNode(`n${n}`, n === 0 ? {} : { depends_on: [`n${n - 1}`] }),
    );
    expect(boxesOf({ nodes: chain }).at(-1)?.layer).toBe(9_999);
  });

  test('why it failed: what the workflow says, else the last error of its job, else that of an element', () => {
    const error = { code: 'rejected', cause: 'permanent_error', attempt: 1, at: at(0) };
    const failed = boxesOf({
      nodes: [
        aNode('a', { status: 'failed', cause: 'the signal did not come in time' }),
        aNode('b', { status: 'failed', last_error: error, job_id: 'job-1' }),
        aNode('c', { status: 'failed', kind: 'map' }),
        aNode('d', { status: 'completed', last_error: error }),
        aNode('c[0]', { status: 'completed', last_error: error }),
        aNode('c[1]', { status: 'failed', last_error: error, job_id: 'job-2' }),
      ],
    });
    expect(failed.map(({ why }) => why)).toEqual([
      'the signal did not come in time',
      'permanent_error, rejected, job job-1',
      'c[1]: permanent_error, rejected, job job-2',
      undefined,
    ]);
  });
});

describe('lines', () => {
  test('by layers, with symbols and times, and what blocks what', () => {
    expect(linesOf(boxes, now).lines.map(({ cells }) => cells)).toEqual([
      ['1', '✓', 'list', 'csv.list', 'completed · 240ms', ''],
      ['2', '◐', 'each', 'csv.summarize for each', '1/3 completed, 1 running, 1 waiting · 2.1s', ''],
      ['', '◐', 'asked', 'signal approval', 'running', 'to be sent within 1m 0s'],
      ['3', '○', 'report', 'csv.report', 'waiting', 'waits for each'],
      ['4', '○', 'send', 'echo', 'waiting', 'waits for asked, report'],
    ]);
  });

  test('a map that is undone is as its elements are', () => {
    const undone = (...states: NodeState[]) => {
      const map = aNode('each', { kind: 'map', status: 'completed' });
      const elements = states.map((status, index) => aNode(`each[${index}]`, { status }));
      const [, symbol, , , state] = linesOf(boxesOf({ nodes: [map, ...elements] }), now).lines[0]!.cells;
      return `${symbol} ${state}`;
    };
    expect(undone('compensated', 'compensated', 'compensated')).toBe('↶ 3/3 compensated');
    expect(undone('compensated', 'skipped')).toBe('↶ 1/2 compensated, 1 skipped');
    expect(undone('compensated', 'compensating')).toBe('↺ 0/2 completed, 1 compensated, 1 compensating');
    expect(undone('compensated', 'compensation_failed')).toMatch(/^‼ /);
    expect(undone('completed', 'compensated')).toMatch(/^✓ 1\/2 completed/);
  });

  test('too many: what moves and what went wrong stays, the rest is counted', () => {
    const { lines, leftOut } = linesOf(boxes, now, 3);
    expect(lines.map(({ cells: [layer, , key] }) => layer + key)).toEqual(['2each', 'asked', '3report']);
    expect(leftOut).toBe('… and 2 more: 1 completed, 1 waiting');
  });

  test('spans of time', () => {
    expect([0, 999, 1_000, 59_999, 60_000, 3_599_999, 3_600_000, 90_000_000].map(spanText)).toEqual([
      '0ms',
      '999ms',
      '1.0s',
      '59.9s',
      '1m 0s',
      '59m 59s',
      '1h 0m',
      '25h 0m',
    ]);
  });

  test('more than three that are waited for are counted', () => {
    const [box] = boxesOf({ nodes: [aNode('a', { waits_for: ['b', 'c', 'd', 'e', 'f'] })] });
    expect(linesOf([box!], now).lines[0]?.cells[5]).toBe('waits for b, c, d and 2 more');
  });
});

describe('for a person', () => {
  test('a frame has a head, the nodes and what is left out', () => {
    expect(frameOf(workflow, now, 2)).toBe(
      [
        `${workflowId}  running  2.5s`,
        '2  ◐  each   csv.summarize for each  1/3 completed, 1 running, 1 waiting · 2.1s',
        '   ◐  asked  signal approval         running                                     to be sent within 1m 0s',
        '… and 3 more: 1 completed, 2 waiting',
      ].join('\n'),
    );
  });

  test('one that failed says what to do; the slowest way is named', () => {
    const ended = { ...workflow, status: 'failed' as const, finished_at: at(61_000) };
    const text = describeWorkflow(ended, now + 3_600_000);
    expect(text).toContain('took      1m 1s\nslowest   list → each[1]\n');
    expect(text).toMatch(
      new RegExp(`\nTo go on from where it failed: (npx )?taskq workflow retry ${workflowId}$`),
    );
    expect(describeWorkflow(workflow, now)).not.toContain('retry');
  });

  test('a signal that is awaited comes with the command that sends it', () => {
    expect(describeWorkflow({ ...workflow, tenant: 'acme' }, now)).toMatch(
      new RegExp(
        `\nTo send approval: .*taskq workflow signal ${workflowId} approval --tenant acme --payload JSON$`,
      ),
    );
    const over = { ...workflow, status: 'cancelled' as const };
    expect(describeWorkflow(over, now)).not.toContain('To send');
  });

  test('of what is not drawn, only changes are told, waiting left out', () => {
    const after = boxesOf({
      nodes: nodes.map((node) =>
        node.key.startsWith('each')
          ? { ...node, status: 'completed' as const, finished_at: at(2_000) }
          : node,
      ),
    });
    expect(changesOf(boxes, after, now)).toEqual(['✓ each  csv.summarize for each  3/3 completed · 1.6s']);
    expect(changesOf([], boxes, now)).toHaveLength(3);
  });
});

describe('layout', () => {
  const letters = boxes.map(() => 10);

  test('layers stand from left to right, children at the height of their parents', () => {
    const { width, height, boxes: places } = layoutOf(boxes, letters);
    expect({ width, height }).toEqual({ width: 572, height: 186 });
    expect(places).toEqual([
      { x: 0, y: 93, width: 101 },
      { x: 157, y: 31, width: 101 },
      { x: 314, y: 62, width: 101 },
      { x: 157, y: 155, width: 101 },
      { x: 471, y: 108.5, width: 101 },
    ]);
  });

  test('an edge over a layer bends around its boxes', () => {
    const edge = layoutOf(boxes, letters).edges.find(({ from, to }) => from === 0 && to === 2);
    expect(edge?.points).toEqual([
      { x: 101, y: 93 },
      { x: 157, y: 93 },
      { x: 258, y: 93 },
      { x: 314, y: 62 },
    ]);
  });

  test('boxes of a layer do not overlap, and crossings are undone', () => {
    // Two pairs, the children written the wrong way round.
    const crossed = boxesOf({
      nodes: [
        aNode('a'),
        aNode('b'),
        aNode('of-b', { depends_on: ['b'] }),
        aNode('of-a', { depends_on: ['a'] }),
      ],
    });
    const { boxes: places } = layoutOf(crossed, [1, 1, 1, 1]);
    expect(places.map(({ y }) => y)).toEqual([31, 93, 93, 31]);
  });

  test('nothing at all has a size', () => {
    expect(layoutOf([], [])).toEqual({ width: 0, height: 31, boxes: [], edges: [] });
  });
});

describe('svg', () => {
  test('is the same for the same workflow, and holds each node and each edge once', () => {
    const svg = svgOf(workflow, now);
    expect(svgOf(structuredClone(workflow), now)).toBe(svg);
    expect(svg.match(/<g><title>/g)).toHaveLength(5);
    expect(svg.match(/<path /g)).toHaveLength(6);
  });

  test('a box is its key, what it is and how it stands; what decided how long it took is a thick line', () => {
    const two = [
      aNode('a', { status: 'completed', started_at: at(0), finished_at: at(50) }),
      aNode('b', { status: 'running', started_at: at(100), depends_on: ['a'] }),
    ];
    expect(svgOf({ ...aWorkflow(), nodes: two, critical_path: ['a', 'b'] }, now)).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="482" height="154" viewBox="0 0 482 154" font-family="ui-monospace, 'SFMono-Regular', Menlo, Consolas, monospace" font-size="12">
      <title>Workflow 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e11  running: 1 completed, 1 running</title>
      <rect width="100%" height="100%" fill="#ffffff"/>
      <text x="24" y="36" font-weight="bold">019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e11  running</text>
      <text x="24" y="54" fill="#57606a">1 completed, 1 running</text>
      <g transform="translate(24 68)">
      <path d="M196 31L252 31" fill="none" stroke="#1a7f37" stroke-width="2.6"/>
      <g><title>a
      echo · completed · 50ms</title><rect x="0" y="8" width="196" height="46" rx="7" fill="#dafbe1" stroke="#1a7f37" stroke-width="1.4"/><text x="14" y="27" font-weight="bold">✓ a</text><text x="14" y="44" fill="#57606a">echo · completed · 50ms</text></g>
      <g><title>b
      echo · running · 2.4s</title><rect x="252" y="8" width="182" height="46" rx="7" fill="#ddf4ff" stroke="#0969da" stroke-width="1.4"/><text x="266" y="27" font-weight="bold">◐ b</text><text x="266" y="44" fill="#57606a">echo · running · 2.4s</text></g>
      </g>
      </svg>
      "
    `);
  });

  test('text cannot leave its place, nor be no XML', () => {
    const cause = '</text><script>alert("1")</script>&\u0000\u001b\ud800';
    const svg = svgOf({ ...aWorkflow(), nodes: [aNode('a', { status: 'failed', cause })] }, now);
    expect(svg).toContain(
      '&lt;/text&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;\ufffd\ufffd\ufffd',
    );
    expect(svg).not.toContain('<script');
  });
});

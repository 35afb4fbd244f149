/** Workflows that are large, end to end: what they take is counted and printed. */
import { expect, inject, it, vi } from 'vitest';
import type { WorkflowWithNodes } from '../../core/workflow/api.ts';
import { makeApi, newTenant } from './api.ts';
import { makeAws } from './aws.ts';
import { killWorkers } from './kill.ts';
import { type LargeGraph, largeGraph } from './large-graph.ts';
import { openSink } from './sink.ts';
import { costOf } from './workflow-cost.ts';
import { echo, nodeOf, workflowsOf } from './workflow-run.ts';

const aws = await makeAws(inject('taskq'));
const api = makeApi(inject('taskq'), newTenant());
const { started, read, summary, ended } = workflowsOf(api);
const soon = { timeout: 60_000, interval: 250 };

it('a chain of 100', async () => {
  const since = Date.now();
  const id = await started(
    Array.from({ length: 100 }, (_, index) =>
      index === 0 ? echo('n0') : { key: `n${index}`, type: 'echo', from: { '': { node: `n${index - 1}` } } },
    ),
  );
  const workflow = await ended(id);
  expect(workflow).toMatchObject({ status: 'completed', node_counts: { completed: 100 } });
  expect(workflow.critical_path).toHaveLength(100);
  const { body } = await api.call('getResult', { id: nodeOf(workflow, 'n99').job_id ?? '' });
  expect(body.result).toEqual({ message: 'n0' });
  const cost = await costOf(aws, id, { since, nodes: 100, jobs: 100 });
  console.log('chain of 100', `${Math.round(msOf(workflow) / 100)} ms a hop`, cost);
  // On a busy machine a message is delivered twice now and then. One thing more for each advance would be 1 more.
  expect(cost.nodesReadPerAdvance).toBeLessThan(1.5);
  expect(cost.readsPerAdvance).toBeLessThan(3.8);
  expect(cost.transitionsPerAdvance).toBeLessThan(1.5);
  expect(cost.writeUnitsPerNode).toBeLessThan(3.8);
});

it('a fan-out of 500 and its fan-in cost at most 60 advances', async () => {
  const keys = Array.from({ length: 500 }, (_, index) => `n${index}`);
  const since = Date.now();
  const id = await started([
    echo('first'),
    ...keys.map((key) => echo(key, { depends_on: ['first'] })),
    echo('last', { depends_on: keys }),
  ]);
  const workflow = await ended(id);
  expect(workflow).toMatchObject({ status: 'completed', node_counts: { completed: 502 } });
  expect(outOfOrder(workflow, new Map([['last', keys]]))).toEqual([]);
  const cost = await costOf(aws, id, { since, nodes: 502, jobs: 502 });
  console.log('fan-out of 500 and fan-in', `${msOf(workflow)} ms`, cost);
  expect(cost.advances).toBeLessThanOrEqual(60);
  expect(cost.writeUnitsPerNode).toBeLessThanOrEqual(1.5);
});

it('a thousand nodes of every kind, workers and advance killed in the middle: each ends as the graph has it', async () => {
  const sink = await openSink();
  const graph = largeGraph(1, (path) => serve(sink, path));
  const since = Date.now();
  const id = await started(graph.posted);
  await vi.waitFor(async () => expect(nodeOf(await read(id), 'late').status).toBe('failed'), soon);
  const sent = await api.call('sendSignal', { id, name: 'approval', body: { payload: { approved: true } } });
  expect(sent.status).toBe(202);
  await vi.waitFor(async () => expect((await summary(id)).node_counts.completed).toBeGreaterThan(300), soon);
  const killed = ['advance', 'work-default', 'work-webhooks'].map((name) => aws.functionNamed(name));
  await killWorkers(inject('directory'), killed);

  const workflow = await ended(id, 240_000);
  expect(workflow.status).toBe('compensated');
  expect(Object.fromEntries(workflow.nodes.map(({ key, status }) => [key, status]))).toEqual(
    Object.fromEntries(graph.fates),
  );
  // Of seed 1: should graph and account change together, this shows it.
  expect(workflow.node_counts).toEqual({
    completed: 740,
    failed: 53,
    cancelled: 63,
    skipped: 102,
    compensated: 42,
  });
  expect(outOfOrder(workflow, waitsIn(graph))).toEqual([]);
  const undone = sink.deliveries.flatMap(
    ({ path }) => /^\/(.*)\/reservations\/made\/release$/.exec(path)?.[1] ?? [],
  );
  expect(undoneTooSoon(undone, waitsIn(graph))).toEqual([]);
  expect(new Set(undone)).toEqual(
    new Set([...graph.fates].flatMap(([key, fate]) => (fate === 'compensated' ? [key] : []))),
  );
  const ran = [...graph.nodes.values()].filter(
    ({ key, job }) => job && !['cancelled', 'skipped'].includes(graph.fates.get(key) ?? ''),
  );
  const jobs = (await api.pages({ limit: 200 })).flat().filter((each) => each.workflow_id === id);
  expect(jobs).toHaveLength(ran.length + 42);
  const cost = await costOf(aws, id, { since, nodes: 1_000, jobs: jobs.length });
  console.log('1,000 nodes', `${msOf(workflow)} ms`, cost);
  expect(cost.transitionsPerAdvance).toBeLessThanOrEqual(2.2);
  await sink.close();
});

function msOf({ created_at, finished_at = '' }: WorkflowWithNodes): number {
  return Date.parse(finished_at) - Date.parse(created_at);
}

/** A service at this path that makes and releases reservations, and a receiver of webhooks that takes none. */
function serve(sink: Awaited<ReturnType<typeof openSink>>, path: string): string {
  if (path.startsWith('/refused')) return sink.url(path, (response) => void response.writeHead(404).end());
  for (const each of ['/reservations', '/reservations/made/release'])
    sink.url(`${path}${each}`, (response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: 'made' }));
    });
  return sink.url(path);
}

/** For each node, whom it waits for: a map for its elements, and those for what the map waits for. */
function waitsIn({ nodes }: LargeGraph): Map<string, string[]> {
  const waits = new Map<string, string[]>();
  for (const { key, waitsFor, elements = [] } of nodes.values()) {
    const own = waitsFor.map((each) => each.key);
    if (!key.endsWith(']')) waits.set(key, [...own, ...elements.map((each) => each.key)]);
    for (const element of elements) waits.set(element.key, own);
  }
  return waits;
}

/**
 * Nodes that started before something they wait for had ended. What has no times of its own ends with what it waits
 * for, but what is cancelled: that waits for nothing any more.
 */
function outOfOrder({ nodes }: WorkflowWithNodes, waits: Map<string, string[]>): string[] {
  const byKey = new Map(nodes.map((each) => [each.key, each]));
  const ends = new Map<string, number>();
  const latest = (keys: readonly string[]) => Math.max(0, ...keys.map(endOf));
  const endOf = (key: string): number => {
    const { status, finished_at } = byKey.get(key) ?? {};
    const waited = () => (status === 'cancelled' ? 0 : latest(waits.get(key) ?? []));
    const end = ends.get(key) ?? (finished_at === undefined ? waited() : Date.parse(finished_at));
    ends.set(key, end);
    return end;
  };
  return nodes
    .filter(({ key, started_at = '' }) => Date.parse(started_at) < latest(waits.get(key) ?? []))
    .map(({ key }) => key);
}

/** Nodes that were undone while something built on them still stood. */
function undoneTooSoon(undone: readonly string[], waits: Map<string, string[]>): string[] {
  const below = new Map<string, Set<string>>();
  const ancestors = (key: string): Set<string> => {
    const known = below.get(key);
    if (known !== undefined) return known;
    const found = new Set((waits.get(key) ?? []).flatMap((each) => [each, ...ancestors(each)]));
    below.set(key, found);
    return found;
  };
  return undone.filter((key) =>
    undone.some((later) => ancestors(later).has(key) && undone.indexOf(key) < undone.lastIndexOf(later)),
  );
}

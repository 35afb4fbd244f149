import { isFinal } from '../../../core/state.ts';
import type { JobRecord } from '../../../core/table.ts';
import { prefixOf } from '../../../core/workflow/added.ts';
import { decodeLink, jobIdOf, type Link } from '../../../core/workflow/link.ts';
import type { NodeSpec } from '../../../core/workflow/spec.ts';
import { isEnded } from '../../../core/workflow/states.ts';
import type { Written } from '../table.ts';
import type { Expect } from '../watched.ts';
import { type Flow, graphIn, itemOf, jobOf, roundOf, type Stored, statesOf, tenant } from './flow.ts';

export interface JobParts {
  stored: Stored;
  peek: (jobId: string) => JobRecord | undefined;
  of: (id: string) => Flow;
  expect: Expect;
}

/** Looks at the jobs of workflows as they come and end. */
export function watchJobs({ stored, peek, of, expect }: JobParts) {
  const isLive = (jobId: string): boolean => {
    const status = peek(jobId)?.status;
    return status !== undefined && status !== 'void' && !isFinal(status);
  };
  const liveOf = (flow: Flow, node: number, but?: string): string | undefined =>
    [...(flow.jobs.get(node) ?? [])].find((each) => each !== but && isLive(each));
  const short = (jobId: string): string => jobId.slice(-6);

  function inserted(record: JobRecord, link: Link): void {
    const flow = of(link.workflow);
    const item = itemOf(stored, flow.id);
    const { node, undo } = link;
    if (item === undefined) return;
    const own = flow.jobs.get(node) ?? new Set();
    flow.jobs.set(node, own.add(record.sk));
    const { specs, graph } = graphIn(stored, flow);
    const name = (index: number): string => `node ${(specs[index] as NodeSpec).key}`;
    const before = `${name(node)} gets job ${short(record.sk)}`;
    expect(
      item.status === 'running',
      'an end is final until a retry',
      () => `${before} though the workflow is ${item.status}`,
    );
    const other = liveOf(flow, node, record.sk);
    expect(
      other === undefined,
      'a node has one live job',
      () => `${before} while ${short(other ?? '')} is ${peek(other ?? '')?.status}`,
    );
    const { elementOf: map, addedBy } = specs[node]?.node ?? {};
    expect(
      undo || addedBy === undefined || roundOf(link) > 0 || hasBegun(flow, addedBy),
      'what is added runs, once',
      () => `${before}, and ${name(addedBy ?? 0)}, whose job added it, has not begun`,
    );
    if (undo) {
      const standing = laterThan(graph, node).find((each) => stands(flow, each, specs));
      expect(
        standing === undefined,
        'undone in reverse',
        () => `${before} to undo it while ${name(standing ?? 0)} still stands on it`,
      );
      return;
    }
    for (const { on } of specs[map ?? node]?.node.dependsOn ?? [])
      for (const each of [on, ...(graph.elements.get(on) ?? [])]) {
        const live = liveOf(flow, each);
        expect(
          live === undefined,
          'a node waits for what it depends on',
          () => `${before} while ${name(each)} has job ${short(live ?? '')}, ${peek(live ?? '')?.status}`,
        );
      }
  }

  /** Has it had a job in its round, or ended without. */
  function hasBegun(flow: Flow, node: number): boolean {
    const { states, rounds } = statesOf(stored, flow);
    if (isEnded(states[node] ?? 'waiting')) return true;
    return [...(flow.jobs.get(node) ?? [])].some((jobId) => {
      const link = decodeLink(peek(jobId)?.workflow ?? '');
      return link !== undefined && roundOf(link) === rounds[node];
    });
  }

  /** Completed since it was last begun, can be undone, and is not. */
  function stands(flow: Flow, node: number, specs: readonly NodeSpec[]): boolean {
    if (!specs[node]?.node.compensates || specs[node]?.node.kind !== 'job') return false;
    const links = [...(flow.jobs.get(node) ?? [])].flatMap((jobId) => {
      const record = peek(jobId);
      const link = decodeLink(record?.workflow ?? '');
      return record?.status === 'completed' && link !== undefined ? [link] : [];
    });
    const round = statesOf(stored, flow).rounds[node];
    const ofNow = links.filter((link) => roundOf(link) === round);
    return ofNow.length > 0 && !ofNow.some(({ undo }) => undo);
  }

  /** What jobs were told is added stands in the graph, and each node once. */
  function addedOnce(flow: Flow, specs: readonly NodeSpec[]): void {
    const keys = new Map<string, number>();
    for (const { key } of specs) keys.set(key, (keys.get(key) ?? 0) + 1);
    const twice = [...keys].find(([, times]) => times > 1)?.[0];
    expect(twice === undefined, 'what is added runs, once', () => `the workflow has ${twice} more than once`);
    for (const [node, added] of flow.added)
      for (const key of added) {
        const full = prefixOf({ index: node, key: specs[node]?.key ?? '' }) + key;
        expect(
          keys.has(full),
          'what is added runs, once',
          () => `the workflow has ended without ${full}, which a job was told is added`,
        );
      }
  }

  return {
    /** A job that tells the end of a workflow. */
    calledBack(record: JobRecord): void {
      if (!('data' in record.payload)) return;
      const { body } = JSON.parse(Buffer.from(record.payload.data).toString()) as {
        body: { workflow_id: string; status: string };
      };
      const flow = of(body.workflow_id);
      // Perhaps of the end before this one: a person was quicker to retry.
      const round =
        [...flow.ends.keys()].find((each) => callbackIds(flow.id, each).includes(record.sk)) ?? -1;
      const ended = flow.ends.get(round);
      expect(
        ended === body.status && !flow.calledBack.has(round),
        'an end calls back once',
        () => `the end of round ${round} is told to be ${body.status}; it was ${ended}`,
      );
      flow.calledBack.add(round);
    },
    written({ before, after, by }: Written): void {
      const link = decodeLink(after.workflow ?? '');
      if (link === undefined || after.status === 'void') return;
      const flow = of(link.workflow);
      if (before === undefined) inserted(after, link);
      const ended = isFinal(after.status) && (before === undefined || !isFinal(before.status));
      if (ended) flow.untold.set(after.sk, by);
    },
    /** The workflow has ended: is each of its nodes as its job is. */
    ended(flow: Flow): void {
      const item = itemOf(stored, flow.id);
      if (item === undefined) return;
      flow.ends.set(item.round ?? 0, item.status);
      const { specs } = graphIn(stored, flow);
      addedOnce(flow, specs);
      const { states, rounds, said } = statesOf(stored, flow);
      for (const [
        node,
        {
          key,
          node: { elementOf },
        },
      ] of specs.entries()) {
        // Appended by an advance that died, as a stop over its map, which had not begun: nobody ever gives it a job.
        if (node >= said && elementOf !== undefined && liveOf(flow, node) === undefined) continue;
        const state = states[node] ?? 'waiting';
        const live = liveOf(flow, node);
        const named = (what: string) => () =>
          `the workflow is ${item.status}, node ${key} is ${state} ${what}`;
        expect(isEnded(state), 'a node agrees with its job', named('and can go on'));
        expect(
          live === undefined,
          'a node agrees with its job',
          named(`and its job ${short(live ?? '')} lives`),
        );
        if (specs[node]?.node.kind !== 'job') continue;
        const status = peek(jobOf(flow, item, rounds, node, false).id)?.status ?? 'none';
        const undone = peek(jobOf(flow, item, rounds, node, true).id)?.status ?? 'none';
        const has = (...allowed: string[]): boolean => allowed.includes(status);
        const agrees = {
          waiting: false,
          running: false,
          compensating: false,
          completed: has('completed'),
          failed: has('failed', 'cancelled') || (has('none', 'void') && item.causes?.[node] !== undefined),
          cancelled: has('none', 'void', 'cancelled'),
          skipped: has('none', 'void'),
          compensated: has('completed') && undone === 'completed',
          compensation_failed:
            has('completed') &&
            (['failed', 'cancelled'].includes(undone) || item.causes?.[`u${node}`] !== undefined),
        }[state];
        expect(agrees, 'a node agrees with its job', named(`and its job ${status}, undone: ${undone}`));
        expect(
          item.status !== 'compensated' || state !== 'completed' || !specs[node]?.node.compensates,
          'undone in reverse',
          named('and was not undone'),
        );
      }
    },
  };
}

/** The ids that the job which tells the end of a round may have: another where a tombstone stands. */
function callbackIds(workflow: string, round: number): string[] {
  return [0, 1, 2, 3, 4].map((nth) =>
    jobIdOf(tenant, { workflow, node: 99_999, generation: round * 5 + nth, undo: false }),
  );
}

/** All that come after a node, directly or through others. */
function laterThan(graph: ReturnType<typeof graphIn>['graph'], node: number): number[] {
  const found = new Set<number>();
  const open = [node];
  for (let each = open.pop(); each !== undefined; each = open.pop())
    for (const later of graph.dependants[each] ?? []) {
      // An element's map is not built on it; what comes after the map is.
      if (!found.has(later)) open.push(later);
      found.add(later);
      if (graph.nodes[each]?.elementOf === later) continue;
      for (const element of graph.elements.get(later) ?? []) {
        if (!found.has(element)) open.push(element);
        found.add(element);
      }
    }
  return [...found];
}

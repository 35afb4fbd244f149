import type { WorkflowNodeView, WorkflowWithNodes } from '../../core/workflow/api.ts';
import { isEnded, type NodeState } from '../../core/workflow/states.ts';

/** A node as it is shown: the elements of a map are counted in it, and it has its place in the graph. */
export interface Box {
  key: string;
  kind: WorkflowNodeView['kind'];
  /** The job's type, or what else it is. */
  what: string;
  status: NodeState;
  /** 0 for what waits for nothing, else one more than the last it waits for. */
  layer: number;
  /** Indexes of the boxes that must end first; of one that waits for none, the box whose job added it. */
  dependsOn: number[];
  /** Keys of those of them that have not ended. */
  waitsFor: string[];
  /** Of those that decided how long it took so far: its place among them. */
  critical?: number;
  /** Of a map: how many of its elements are in each state. */
  elements?: Partial<Record<NodeState, number>>;
  /** ms since the epoch */
  startedAt?: number;
  finishedAt?: number;
  /** Of a signal that is waited for: until when. */
  deadlineAt?: number;
  /** Of what failed: why, as far as it is known. */
  why?: string;
}

/** What is shown of a workflow's nodes, in the order the API has them. */
export function boxesOf({
  nodes,
  critical_path: path = [],
}: Pick<WorkflowWithNodes, 'nodes' | 'critical_path'>): Box[] {
  const critical = [...new Set(path.map((key) => mapOf(key) ?? key))];
  const elements = Map.groupBy(nodes, ({ key }) => mapOf(key));
  const shown = elements.get(undefined) ?? [];
  const places = new Map(shown.map(({ key }, index) => [key, index]));
  const dependsOn = shown.map((node) =>
    parentsOf(node)
      .flatMap((key) => places.get(key) ?? places.get(mapOf(key) ?? '') ?? [])
      .sort((one, other) => one - other),
  );
  const layers = layersOf(dependsOn);
  return shown.map((node, index) => {
    const own = elements.get(node.key) ?? [];
    const parents = dependsOn[index] ?? [];
    return {
      key: node.key,
      kind: node.kind,
      what: whatOf(node),
      status: node.kind === 'map' ? statusOfMap(node.status, own) : node.status,
      layer: layers[index] ?? 0,
      dependsOn: parents,
      waitsFor: node.waits_for ?? [],
      ...(critical.includes(node.key) ? { critical: critical.indexOf(node.key) } : {}),
      ...(node.kind === 'map' ? { elements: countsOf(own) } : {}),
      ...timesOf(node, own),
      ...(node.deadline === undefined ? {} : { deadlineAt: Date.parse(node.deadline) }),
      ...whyOf(node, own),
    };
  });
}

function parentsOf({ depends_on: parents, added_by: by }: WorkflowNodeView): string[] {
  return parents.length === 0 && by !== undefined ? [by] : parents;
}

/** The map that an element belongs to: its key with its place behind it, `each[3]`. */
function mapOf(key: string): string | undefined {
  return /^(.+)\[\d+\]$/.exec(key)?.[1];
}

function whatOf({ kind, type, key, signal }: WorkflowNodeView): string {
  if (kind === 'signal') return `signal ${signal}`;
  if (kind === 'join') return key.endsWith(':start') ? 'a part begins' : 'a part ends';
  return kind === 'map' ? `${type} for each` : (type ?? kind);
}

function countsOf(elements: readonly WorkflowNodeView[]): NonNullable<Box['elements']> {
  return Object.fromEntries(
    [...Map.groupBy(elements, ({ status }) => status)].map(([status, own]) => [status, own.length]),
  );
}

/** A map has no job to undo: of one that was completed, what has become of its elements since. */
function statusOfMap(status: NodeState, elements: readonly WorkflowNodeView[]): NodeState {
  const has = (state: NodeState) => elements.some((each) => each.status === state);
  if (status !== 'completed') return status;
  for (const state of ['compensation_failed', 'compensating'] as const) if (has(state)) return state;
  return has('compensated') && !has('completed') ? 'compensated' : status;
}

/** A map's own times are those of its elements, from the first start to the last end. */
function timesOf(node: WorkflowNodeView, elements: readonly WorkflowNodeView[]): Partial<Box> {
  const all = [node, ...elements];
  const starts = all.flatMap(({ started_at: at }) => (at === undefined ? [] : [Date.parse(at)]));
  const ends = all.flatMap(({ finished_at: at }) => (at === undefined ? [] : [Date.parse(at)]));
  return {
    ...(starts.length === 0 ? {} : { startedAt: earliest(starts) }),
    ...(ends.length === 0 || !isEnded(node.status) ? {} : { finishedAt: -earliest(ends.map((at) => -at)) }),
  };
}

/** Not by Math.min: 10,000 arguments are near what a call takes. */
function earliest(times: readonly number[]): number {
  return times.reduce((one, other) => (other < one ? other : one));
}

function whyOf(node: WorkflowNodeView, elements: readonly WorkflowNodeView[]): { why?: string } {
  const undo = node.compensation;
  if (node.status === 'compensation_failed' && undo !== undefined) {
    const said = undo.cause ?? `${undo.last_error?.cause}, ${undo.last_error?.code}`;
    return { why: `${said}${undo.job_id === undefined ? '' : `, job ${undo.job_id}`}` };
  }
  if (node.cause !== undefined && (node.status === 'cancelled' || node.status === 'skipped'))
    return { why: node.cause };
  const failed = [node, ...elements].find(
    ({ status, cause, last_error: last }) =>
      (status === 'failed' || status === 'compensation_failed') && (cause ?? last) !== undefined,
  );
  if (failed === undefined) return {};
  const { cause, last_error: last, key, job_id: job } = failed;
  const said = cause ?? `${last?.cause}, ${last?.code}`;
  return { why: `${key === node.key ? '' : `${key}: `}${said}${job === undefined ? '' : `, job ${job}`}` };
}

/** Longest paths, by taking away what waits for nothing: a chain of 10,000 would be too deep for recursion. */
function layersOf(dependsOn: readonly (readonly number[])[]): number[] {
  const dependants: number[][] = dependsOn.map(() => []);
  for (const [index, parents] of dependsOn.entries())
    for (const each of parents) dependants[each]?.push(index);
  const layers = dependsOn.map(() => 0);
  const left = dependsOn.map((parents) => parents.length);
  const free = left.flatMap((count, index) => (count === 0 ? [index] : []));
  for (const index of free)
    for (const next of dependants[index] ?? []) {
      layers[next] = Math.max(layers[next] ?? 0, (layers[index] ?? 0) + 1);
      left[next] = (left[next] ?? 0) - 1;
      if (left[next] === 0) free.push(next);
    }
  return layers;
}

import { type Checked, problem } from '../../core/problem.ts';
import { type Catalogue, type Draft, draftOf } from '../../core/request.ts';
import { encodeLink } from '../../core/workflow/link.ts';
import { type Given, leftOut, nodesOf, payloadOf, take } from '../../core/workflow/source.ts';
import type { NodeSpec } from '../../core/workflow/spec.ts';
import type { Loaded } from './load.ts';
import { linkOf, nodeJobId, type Results } from './results.ts';

/** So many parts of `from` that gave nothing are named: what is said of a node stands on the workflow's item. */
const mostMissing = 3;

/** A job to be enqueued for a node. */
export interface NodeJob {
  node: number;
  id: string;
  draft: Draft;
}

/** Keys of the nodes whose results a node's start looks at. */
export function takenBy(loaded: Loaded, node: number): string[] {
  const spec = loaded.specs[node] as NodeSpec;
  const map = spec.node.elementOf === undefined ? undefined : loaded.specs[spec.node.elementOf];
  const over = map?.over ?? spec.over;
  return [...nodesOf(spec.from), ...(over !== undefined && 'node' in over ? [over.node] : [])];
}

/**
 * The job of a node: its payload put together and checked against its type's schema.
 * @param results of `takenBy`, fetched
 * @param now ms since the epoch
 */
export function nodeJob(
  loaded: Loaded,
  node: number,
  results: Results,
  catalogue: Catalogue,
  now: number,
): Checked<NodeJob> {
  const spec = loaded.specs[node] as NodeSpec;
  const { job } = spec;
  if (job === undefined) return { ok: false, problem: problem('internal', `node "${spec.key}" has no job`) };
  const given = givenTo(loaded, node, results);
  const payload = payloadOf(spec.payload, spec.from, given);
  const drafted = draftOf(
    {
      type: job.type,
      payload: payload ?? null,
      ...(job.queue === undefined ? {} : { queue: job.queue }),
      ...(job.priority === undefined ? {} : { priority: job.priority }),
      ...(job.delaySeconds === undefined ? {} : { delay_seconds: job.delaySeconds }),
      ...(job.maxAttempts === undefined ? {} : { max_attempts: job.maxAttempts }),
      ...(job.timeoutSeconds === undefined ? {} : { timeout_seconds: job.timeoutSeconds }),
    },
    catalogue,
    now,
  );
  if (!drafted.ok) {
    // What was left out is most often why.
    const missing = leftOut(spec.from, given).slice(0, mostMissing);
    const error = [drafted.problem.error, ...missing].join('; ');
    return { ok: false, problem: { ...drafted.problem, error } };
  }
  const workflow = encodeLink(linkOf(loaded, node, false));
  return { ok: true, value: { node, id: nodeJobId(loaded, node), draft: { ...drafted.value, workflow } } };
}

/** The list a map goes over; undefined if what it names is no list. */
export function listOf(loaded: Loaded, map: number, results: Results): unknown[] | undefined {
  const { over } = loaded.specs[map] as NodeSpec;
  const list = over === undefined ? undefined : take(over, { resultOf: results.of });
  return Array.isArray(list) ? list : undefined;
}

function givenTo(loaded: Loaded, node: number, results: Results): Given {
  const map = loaded.specs[node]?.node.elementOf;
  if (map === undefined) return { resultOf: results.of };
  const index = (loaded.graph.elements.get(map) ?? []).indexOf(node);
  return { resultOf: results.of, element: { value: listOf(loaded, map, results)?.[index], index } };
}

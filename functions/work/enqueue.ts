import type { JobContext } from '../../core/define.ts';
import { PermanentError, TransientError } from '../../core/errors.ts';
import type { Problem } from '../../core/problem.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import type { AddedNodes } from '../../core/workflow/added.ts';
import { maxWorkflowBytes } from '../../core/workflow/api.ts';
import type { WorkflowItem } from '../../core/workflow/item.ts';
import { decodeLink, type Link } from '../../core/workflow/link.ts';
import { encodeNews } from '../../core/workflow/news.ts';
import type { WorkflowCatalogue } from '../../core/workflow/plan.ts';
import { planAdded, surroundings } from '../../core/workflow/plan-added.ts';
import { maxNodes } from '../../core/workflow/request.ts';
import { loader } from '../advance/load.ts';
import { addedSealedAs, contentsOf } from '../advance/specs.ts';
import type { Vault } from '../vault.ts';
import { type WakeDeps, wake } from '../wake.ts';
import type { Workflows } from '../workflows.ts';
import { ours } from './ours.ts';

export interface EnqueueDeps extends WakeDeps {
  workflows: Workflows;
  vault: Vault;
  catalogue: WorkflowCatalogue;
  now: () => number;
}

/** `job.enqueue` of one attempt. @param signal throws once the attempt is over: what it adds no longer counts */
export type EnqueueOf = (
  record: JobRecord,
  signal: Pick<AbortSignal, 'throwIfAborted'>,
) => JobContext['enqueue'];

/** DynamoDB's items have at most 400 KB. */
const maxItemBytes = 300_000;
/** Only another attempt of the same job comes in between. */
const tries = 5;

/**
 * Adds nodes to the workflow of a job: first they are kept, as the next part of what this node's job has added, then
 * the workflow is told how many parts there are. It dies in between: whoever adds the same again finds the part, and
 * tells. What is kept and never told of is in no graph.
 */
export function enqueueOf(deps: EnqueueDeps): EnqueueOf {
  const { workflows, vault, catalogue, now } = deps;
  const graphs = loader(deps);

  return (record, signal) => {
    const tenant = tenantOf(record);
    const link = record.workflow === undefined ? undefined : decodeLink(record.workflow);
    /** What the node's job has added, by this attempt or one before it; and how much of it the workflow was told. */
    let kept: AddedNodes[] | undefined;
    let told = 0;
    /** Nodes that the workflow had at first, and then with what this attempt has added. */
    let nodesSoFar = 0;
    let before: Promise<unknown> = Promise.resolve();

    return async (nodes) => {
      const plain = plainOf(nodes);
      // One after the other: each has to know what the one before it has added.
      const call = before.then(() => add(plain));
      before = call.catch(() => {});
      await call;
    };

    async function add(nodes: readonly unknown[]): Promise<void> {
      if (link === undefined || link.undo)
        throw new PermanentError(
          `job.enqueue adds nodes to the workflow that a job runs in; this job ${link === undefined ? 'runs in none: start a workflow with it as a node' : 'undoes a node, and adds none'}`,
          'rejected',
        );
      for (let attempt = 0; attempt < tries; attempt++) {
        signal.throwIfAborted();
        const item = await ours(workflows.get(tenant, link.workflow));
        refuseUnlessForward(item);
        kept ??= await ours(keptBefore(link));
        nodesSoFar = Math.max(nodesSoFar, item.nodes);
        const added = await planned(nodes, kept, link, item);
        if (added.specs.length > 0 && !(await ours(keep(link, kept.length, added)))) {
          kept = undefined;
          continue;
        }
        if (added.specs.length > 0) kept.push(added);
        nodesSoFar += added.specs.length;
        if (told < kept.length) await ours(tell(link, kept.length));
        told = kept.length;
        return;
      }
      throw new TransientError('another attempt of this job adds nodes at the same time', 'unavailable');
    }

    async function keptBefore({ workflow, node }: Link): Promise<AddedNodes[]> {
      const contents = await contentsOf(deps, tenant, workflow, [{ by: node }]);
      return [...contents.values()];
    }

    async function planned(
      nodes: readonly unknown[],
      earlier: readonly AddedNodes[],
      { workflow, node }: Link,
      item: WorkflowItem,
    ): Promise<AddedNodes> {
      const options = { catalogue, now: now(), room: maxNodes - nodesSoFar };
      // Most name only each other: the graph is read for those that name more.
      let result = planAdded(nodes, earlier, undefined, options);
      if (!result.ok) {
        const specs = await ours(graphs.nodes(tenant, workflow, item));
        result = planAdded(nodes, earlier, surroundings(specs, node), options);
      }
      if (!result.ok) throw refusal(result.problem);
      return result.value;
    }

    async function keep({ workflow, node }: Link, nth: number, added: AddedNodes): Promise<boolean> {
      const as = addedSealedAs(tenant, workflow, { by: node, nth });
      const sealed = await vault.seal(Buffer.from(JSON.stringify(added)), as);
      const stored = sealed.data.length <= maxItemBytes ? sealed : await vault.putElsewhere(sealed, as, 's3');
      signal.throwIfAborted();
      return workflows.addNodes(tenant, workflow, { by: node, nth, sealed: stored });
    }

    async function tell({ workflow, node }: Link, parts: number): Promise<void> {
      const news = [encodeNews({ of: 'added', node, parts })];
      signal.throwIfAborted();
      if (await wake(deps, tenant, workflow, news, 'forward')) return;
      refuseUnlessForward(await workflows.get(tenant, workflow));
      throw new TransientError('the workflow was stopped and begun anew in between', 'unavailable');
    }
  };
}

function refuseUnlessForward(item: WorkflowItem | undefined): asserts item is WorkflowItem {
  const why =
    item === undefined
      ? 'is gone'
      : item.status !== 'running'
        ? `is ${item.status}`
        : item.phase === 'compensating'
          ? 'is undoing what it did'
          : item.phase === 'stopping' || item.unread?.has('cancel')
            ? 'is being stopped'
            : undefined;
  if (why !== undefined)
    throw new PermanentError(
      `job.enqueue added nothing: the workflow ${why}, and takes nodes only while it goes forward`,
      'rejected',
    );
}

/** As JSON keeps them: what is stored is what was checked. */
function plainOf(nodes: unknown): unknown[] {
  let json: string | undefined;
  try {
    json = JSON.stringify(nodes);
  } catch {
    throw new PermanentError('job.enqueue was given what JSON cannot hold', 'validation');
  }
  if (!Array.isArray(nodes) || json === undefined)
    throw new PermanentError('job.enqueue takes a list of nodes', 'validation');
  const bytes = Buffer.byteLength(json);
  if (bytes > maxWorkflowBytes)
    throw new PermanentError(
      `job.enqueue was given ${bytes} bytes of JSON; it takes at most ${maxWorkflowBytes} at a time. Call it more than once, or store what is large and pass where`,
      'validation',
    );
  return JSON.parse(json);
}

function refusal({ error, details = [] }: Problem): PermanentError {
  const faults = details.map(({ path, message }) => `${path} ${message}`);
  return new PermanentError(`job.enqueue added nothing: ${[error, ...faults].join('; ')}`, 'validation', {
    cause: { details },
  });
}

import type { Change, ChangeResult, JobStore } from '../../core/change.ts';
import { askCancelChange, cancelChange } from '../../core/manage.ts';
import { type Caller, tombstone } from '../../core/newjob.ts';
import type { Problem } from '../../core/problem.ts';
import type { Catalogue } from '../../core/request.ts';
import { isWaiting, type JobState } from '../../core/state.ts';
import { type JobRecord, jobKey } from '../../core/table.ts';
import { accept } from '../enqueue/accept.ts';
import type { Lanes } from '../lanes.ts';
import type { Vault } from '../vault.ts';
import type { Loaded } from './load.ts';
import { nodeJobId, type Results } from './results.ts';
import { type NodeJob, nodeJob } from './start.ts';
import { undoJob } from './undo.ts';

export interface CarryDeps {
  store: JobStore;
  lanes: Lanes;
  vault: Vault;
  catalogue: Catalogue;
  now: () => number;
}

/** What handing jobs over came to. */
export interface Handed {
  /** Nodes that could not have a job, and why: sentences without values. */
  failed: { node: number; cause: string }[];
  /** A tombstone stands at their job's id: a crash left its pointer alone for a minute. One generation on. */
  again: number[];
  /** AWS would not take them now. */
  later: number[];
}

/** What stopping jobs came to. */
export interface Stopped {
  /** Their jobs had not begun: they are over. */
  cancelled: number[];
  /** Something came in between: they are to be stopped again. */
  again: boolean;
}

/** Carries out what `advance` decided about jobs. Each thing done twice is done once. */
export function carry(deps: CarryDeps) {
  const { store, now } = deps;
  // What waits for a node waits for each second of it.
  const acceptJobs = accept(deps, 0);

  return {
    async start(loaded: Loaded, nodes: readonly number[], results: Results): Promise<Handed> {
      const at = now();
      return hand(
        loaded,
        nodes.map((node) => ({ node, job: nodeJob(loaded, node, results, deps.catalogue, at) })),
        at,
      );
    },
    async undo(loaded: Loaded, nodes: readonly number[]): Promise<Handed> {
      const at = now();
      const done = await store.get(nodes.map((node) => jobKey(loaded.tenant, nodeJobId(loaded, node))));
      const jobs = nodes.map(async (node, index) => ({
        node,
        job: await undoJob(deps, loaded, node, done[index], at),
      }));
      return hand(loaded, await Promise.all(jobs), at);
    },
    /**
     * Makes sure of nodes that are not to start any more: a tombstone keeps the id of each, so that no advance that is
     * late can give it a job. @returns the jobs that stand there already
     */
    async sealOff(loaded: Loaded, nodes: readonly number[]): Promise<{ node: number; status: JobState }[]> {
      const keys = nodes.map((node) => jobKey(loaded.tenant, nodeJobId(loaded, node)));
      const results = await store.insert(keys.map((key) => tombstone(key, now())));
      if (results.some((each) => 'retry' in each))
        throw new Error('DynamoDB throttles: which jobs of a workflow stand could not be made sure of');
      return results.flatMap((each, index) =>
        'found' in each && each.found.status !== 'void'
          ? [{ node: nodes[index] as number, status: each.found.status }]
          : [],
      );
    },
    /** Cancels the jobs of nodes: at once those that wait, and those that run by their signal. What is final stays. */
    async stop(loaded: Loaded, nodes: readonly number[]): Promise<Stopped> {
      const records = await store.get(nodes.map((node) => jobKey(loaded.tenant, nodeJobId(loaded, node))));
      const changes = nodes.flatMap((node, index) => {
        const record = records[index];
        const change = record === undefined ? undefined : stopChange(record, now());
        return change === undefined ? [] : [{ node, change }];
      });
      const results = changes.length === 0 ? [] : await store.change(changes.map(({ change }) => change));
      // By an advance that died before it could say so: nobody else will.
      const before = nodes.filter((_, index) => records[index]?.status === 'cancelled');
      const fresh = changes.flatMap(({ node }, index) =>
        statusIn(results[index]) === 'cancelled' ? [node] : [],
      );
      return {
        cancelled: [...before, ...fresh],
        again: results.some((each) => !each.applied),
      };
    },
  };

  async function hand(
    loaded: Loaded,
    wanted: readonly { node: number; job: { ok: true; value: NodeJob } | { ok: false; problem: Problem } }[],
    at: number,
  ): Promise<Handed> {
    const failed = wanted.flatMap(({ node, job }) =>
      job.ok ? [] : [{ node, cause: sentence(job.problem) }],
    );
    const jobs = wanted.flatMap(({ job }) => (job.ok ? [job.value] : []));
    const accepted = await acceptJobs(jobs, callerOf(loaded), at);
    const refused = jobs.filter((_, index) => 'problem' in (accepted[index] ?? { problem: undefined }));
    const found = await store.get(refused.map(({ id }) => jobKey(loaded.tenant, id)));
    const isVoid = (index: number) => found[index]?.status === 'void';
    return {
      failed,
      again: refused.flatMap(({ node }, index) => (isVoid(index) ? [node] : [])),
      later: refused.flatMap(({ node }, index) => (isVoid(index) ? [] : [node])),
    };
  }
}

function stopChange(record: JobRecord, now: number): Change | undefined {
  if (isWaiting(record.status)) return cancelChange(record, now);
  const asked = record.status !== 'running' || record.cancelRequestedAt !== undefined;
  return asked ? undefined : askCancelChange(record, now);
}

function statusIn(result: ChangeResult | undefined): string | undefined {
  if (result === undefined || 'retry' in result) return undefined;
  return result.applied ? result.record.status : result.found?.status;
}

function callerOf({ tenant, item }: Loaded): Caller {
  const { createdBy, traceparent } = item;
  return { tenant, createdBy, ...(traceparent === undefined ? {} : { traceparent }) };
}

function sentence({ error, details = [] }: Problem): string {
  return [error, ...details.slice(0, 3).map(({ path, message }) => `${path} ${message}`)].join('; ');
}

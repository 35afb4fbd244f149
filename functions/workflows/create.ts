import { idRandomBytes, mintedAtOf, mintJobId } from '../../core/id.ts';
import { mintShards } from '../../core/table.ts';
import {
  executionName,
  type NodesPart,
  partNames,
  type WorkflowItem,
  workflowKey,
} from '../../core/workflow/item.ts';
import type { NodeSpec } from '../../core/workflow/spec.ts';
import { firstLookMs } from '../../core/workflow/watch.ts';
import { partSealedAs } from '../advance/load.ts';
import { sealedAs } from '../advance/specs.ts';
import type { Vault } from '../vault.ts';
import type { Executions, Workflows } from '../workflows.ts';

export interface CreateDeps {
  workflows: Workflows;
  executions: Executions;
  vault: Pick<Vault, 'seal'>;
}

/** A workflow that was checked, and all that is known of it but its nodes' stored form. */
export interface NewWorkflow {
  tenant: string;
  id: string;
  specs: readonly NodeSpec[];
  createdBy: string;
  traceparent?: string;
  tags?: string[];
  timeoutAt?: number;
  unique?: string;
  /** Whom to tell of its end. */
  callback?: { url: string; secret?: string };
}

/** JSON of nodes in one item, well within DynamoDB's 400 KB even where zstd gains nothing. */
const nodesBytes = 200_000;

/**
 * Stores a workflow and starts its execution: nodes first, then the workflow itself, then Step Functions.
 * What breaks off in between is made whole by the same call again, under the same id.
 * @returns the workflow as it stands
 */
export function createWorkflow({ workflows, executions, vault }: CreateDeps) {
  return async ({ tenant, id, specs, createdBy, callback, ...more }: NewWorkflow): Promise<WorkflowItem> => {
    const parts = await Promise.all(
      chunksOf(specs).map(async ({ first, nodes }): Promise<NodesPart> => {
        const plain = Buffer.from(JSON.stringify(nodes));
        return { first, count: nodes.length, sealed: await vault.seal(plain, sealedAs(tenant, id, first)) };
      }),
    );
    // First of all: should this call break off, whoever looks finds what there is.
    const at = mintedAtOf(id);
    await workflows.mark({ tenant, workflow: id, lookAt: at + firstLookMs });
    if (callback !== undefined) {
      const sealed = await vault.seal(
        Buffer.from(JSON.stringify(callback)),
        partSealedAs(tenant, id, 'callback'),
      );
      await workflows.keepPart(tenant, id, partNames.callback, sealed);
    }
    const item: WorkflowItem = {
      ...workflowKey(tenant, id),
      v: 1,
      status: 'running',
      phase: 'forward',
      changes: 0,
      nodes: specs.length,
      counts: { waiting: specs.length },
      execution: 0,
      advances: 0,
      advancesInAll: 0,
      lookAt: at,
      createdBy,
      ...(callback === undefined ? {} : { callback: true }),
      ...more,
    };
    const standing = await workflows.create(item, parts);
    if (standing.status === 'running')
      await executions.start(executionName(id, standing.execution), { tenant, workflow: id });
    return standing;
  };
}

/** @param random `idRandomBytes` + 1 random bytes */
export function mintWorkflowId(tenant: string, at: number, random: Uint8Array): string {
  return mintJobId(at, random, (random[idRandomBytes] ?? 0) % mintShards(tenant));
}

function chunksOf(specs: readonly NodeSpec[]): { first: number; nodes: NodeSpec[] }[] {
  const chunks: { first: number; nodes: NodeSpec[] }[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const [index, spec] of specs.entries()) {
    const size = Buffer.byteLength(JSON.stringify(spec));
    if (bytes + size > nodesBytes) {
      chunks.push({ first: index, nodes: [] });
      bytes = 0;
    }
    chunks.at(-1)?.nodes.push(spec);
    bytes += size;
  }
  return chunks;
}

import { isLongQueue } from '../../core/lane.ts';
import { type Checked, problem } from '../../core/problem.ts';
import type { Catalogue } from '../../core/request.ts';
import type { JobRecord } from '../../core/table.ts';
import { encodeLink } from '../../core/workflow/link.ts';
import type { Vault } from '../vault.ts';
import type { Loaded } from './load.ts';
import { linkOf, nodeJobId, openOrLost } from './results.ts';
import type { NodeJob } from './start.ts';

/**
 * The job that undoes what a node's job did: of the same type, given what that one was given and what it returned.
 * @param done the node's job
 */
export async function undoJob(
  { vault, catalogue }: { vault: Vault; catalogue: Catalogue },
  loaded: Loaded,
  node: number,
  done: JobRecord | undefined,
  now: number,
): Promise<Checked<NodeJob>> {
  const contract = catalogue.contracts.find((each) => each.type === done?.type);
  if (done === undefined) return refused('its job is no longer stored');
  if (contract === undefined) return refused(`job type "${done.type}" is not in this release`);
  const as = { tenant: loaded.tenant, jobId: done.sk };
  const [payload, result] = await Promise.all([
    openOrLost(vault, done.payload, { ...as, field: 'payload' }),
    done.result === undefined
      ? null
      : openOrLost(vault, done.result, { ...as, field: 'result', fence: done.fence }),
  ]);
  if (payload === undefined) return refused('its payload can not be had any more');
  if (result === undefined) return refused('its result can not be had any more');
  const { queue, priority, tags = [] } = done;
  return {
    ok: true,
    value: {
      node,
      id: nodeJobId(loaded, node, true),
      draft: {
        type: contract.type,
        queue,
        long: isLongQueue(queue, catalogue.contracts),
        priority,
        availableAt: now,
        maxAttempts: contract.retry.maxAttempts,
        timeoutSeconds: contract.timeoutSeconds,
        tags,
        payload: Buffer.from(JSON.stringify({ payload, result })),
        workflow: encodeLink(linkOf(loaded, node, true)),
      },
    },
  };
}

function refused(why: string): Checked<NodeJob> {
  return { ok: false, problem: problem('payload_expired', `what the node did cannot be undone: ${why}`) };
}

import { type Catalogue, draftOf } from '../../core/request.ts';
import { jobKey } from '../../core/table.ts';
import { rfc3339 } from '../../core/view.ts';
import { partNames, type WorkflowItem } from '../../core/workflow/item.ts';
import { jobIdOf } from '../../core/workflow/link.ts';
import { callbackType } from '../../core/workflow/request.ts';
import { type AcceptDeps, accept } from '../enqueue/accept.ts';
import type { Workflows } from '../workflows.ts';
import { partSealedAs } from './load.ts';
import { openOrLost } from './results.ts';

export interface AnnounceDeps extends AcceptDeps {
  workflows: Workflows;
  catalogue: Catalogue;
}

/** No node has this place: a workflow has far fewer. */
const ofTheWorkflow = 99_999;
/** A tombstone stands at an id whose pointer was left alone for a minute: then the next. */
const mostIds = 5;

/**
 * Enqueues the job that tells a workflow's end to whoever asked for it: one for each end, however often it is called.
 * Throws while it can't be: the advance that ends the workflow is then repeated.
 */
export function announce(deps: AnnounceDeps) {
  const acceptJobs = accept(deps);
  return async (tenant: string, item: WorkflowItem): Promise<void> => {
    if (item.callback !== true) return;
    const id = item.sk;
    const sealed = await deps.workflows.part(tenant, id, partNames.callback);
    if (sealed === undefined) return;
    const target = (await openOrLost(deps.vault, sealed, partSealedAs(tenant, id, 'callback'))) as
      | object
      | undefined;
    // Its key is gone: nobody is known any more who could be told.
    if (target === undefined) return;
    const at = deps.now();
    const body = {
      workflow_id: id,
      status: item.status,
      tags: item.tags ?? [],
      finished_at: rfc3339(item.finishedAt ?? at),
    };
    const drafted = draftOf({ type: callbackType, payload: { ...target, body } }, deps.catalogue, at);
    // A release that no longer has the type: nothing that a repeat could change.
    if (!drafted.ok) return;
    const { createdBy, traceparent } = item;
    const caller = { tenant, createdBy, ...(traceparent === undefined ? {} : { traceparent }) };
    for (let nth = 0; nth < mostIds; nth++) {
      const generation = (item.round ?? 0) * mostIds + nth;
      const jobId = jobIdOf(tenant, { workflow: id, node: ofTheWorkflow, generation, undo: false });
      const [accepted] = await acceptJobs([{ id: jobId, draft: drafted.value }], caller, at);
      if (accepted !== undefined && 'record' in accepted) return;
      const [found] = await deps.store.get([jobKey(tenant, jobId)]);
      if (found?.status !== 'void') break;
    }
    throw new Error(`the callback of workflow ${id} could not be enqueued`);
  };
}

import { problem } from '../../core/problem.ts';
import { encodeNews } from '../../core/workflow/news.ts';
import type { ApiAnswer, ApiRequest } from '../http.ts';
import { type WakeDeps, wake } from '../wake.ts';
import type { Workflows } from '../workflows.ts';
import { findWorkflow, notWhile } from './find.ts';
import { viewOf } from './view.ts';

const allowed = 'only one that is running, and not on its way back, can be cancelled';

/**
 * POST …/cancel: 202, and again for a second time. Its next advance cancels what waits, asks the holders of running
 * jobs, and ends it when the last of them has ended.
 */
export function cancelWorkflow(deps: WakeDeps & { workflows: Workflows }) {
  const { workflows } = deps;
  return async (request: ApiRequest): Promise<ApiAnswer> => {
    if (request.body.trim() !== '')
      return {
        problem: problem('invalid_request', 'a cancel has no body', {
          details: [{ path: '', message: 'must be empty' }],
        }),
      };
    const found = await findWorkflow(workflows, request);
    if ('problem' in found) return found;
    const { item } = found;
    if (item.status !== 'running') return notWhile(item, allowed);
    if (item.phase === 'compensating')
      return { problem: problem('invalid_transition', `the workflow is undoing what it did; ${allowed}`) };
    if (item.phase === 'stopping') return { status: 202, body: viewOf(item) };
    if (!(await wake(deps, request.tenant, request.id, [encodeNews({ of: 'cancel' })]))) {
      const now = await findWorkflow(workflows, request);
      return 'problem' in now ? now : notWhile(now.item, allowed);
    }
    return { status: 202, body: viewOf({ ...item, phase: 'stopping' }) };
  };
}

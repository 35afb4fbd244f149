import { problem } from '../../core/problem.ts';
import type { WorkflowCatalogue } from '../../core/workflow/plan.ts';
import type { ApiAnswer, ApiRequest } from '../http.ts';
import { Unopenable } from '../keys.ts';
import type { Vault } from '../vault.ts';
import { cancelWorkflow } from './cancel.ts';
import { listWorkflows } from './list.ts';
import { type ReadDeps, readWorkflow } from './read.ts';
import { type RetryDeps, retryWorkflow } from './retry.ts';
import { type SignalDeps, sendSignal } from './signal.ts';
import type { StartDeps } from './start.ts';

export interface WorkflowsDeps extends StartDeps, ReadDeps, RetryDeps, SignalDeps {
  catalogue: WorkflowCatalogue;
  /** Its role may write neither records of jobs nor sealed values apart from its own parts: no more of the ports is here. */
  vault: Pick<Vault, 'seal' | 'open'>;
}

const unopenable = problem(
  'payload_expired',
  'the nodes of the workflow can not be opened any more: their key was revoked; nodes=false says how it stands',
);

/** The workflow routes of the API. */
export function workflowRoutes(deps: WorkflowsDeps) {
  const answers: Partial<Record<ApiRequest['route'], (request: ApiRequest) => Promise<ApiAnswer>>> = {
    // What only a start needs, CEL among it, is not read for those who ask.
    startWorkflow: async (request) => (await import('./start.ts')).startWorkflow(deps)(request),
    getWorkflow: readWorkflow(deps),
    listWorkflows: listWorkflows(deps),
    cancelWorkflow: cancelWorkflow(deps),
    retryWorkflow: retryWorkflow(deps),
    sendSignal: sendSignal(deps),
  };
  return async (request: ApiRequest): Promise<ApiAnswer> => {
    try {
      return (
        (await answers[request.route]?.(request)) ?? {
          problem: problem('internal', `no function answers "${request.route}"`),
        }
      );
    } catch (error) {
      if (error instanceof Unopenable) return { problem: unopenable };
      throw error;
    }
  };
}

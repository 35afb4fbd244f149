import type { RouteName } from '../../core/routes.ts';
import type { ApiAnswer, ApiRequest } from '../http.ts';
import { type ChangeDeps, cancelJob, retryJob } from './change.ts';
import { getFailures } from './failures.ts';
import { cancelMany, type ManyDeps, retryMany } from './many.ts';
import { patchJob } from './patch.ts';
import { getEffects, getErrors, getJob, getList, getPayload, getResult, type ReadDeps } from './read.ts';

export interface ManageDeps extends ReadDeps, ChangeDeps, ManyDeps {
  version: string;
  /** The OpenAPI document, as it was built beside this release. */
  openapi: () => Promise<unknown>;
}

type Answer = (deps: ManageDeps, request: ApiRequest) => Promise<ApiAnswer>;

/** Every route but enqueue's, each one function. */
const answers: Partial<Record<RouteName, Answer>> = {
  getHealth: async ({ version }) => ({ status: 200, body: { status: 'ok', version } }),
  getOpenapi: async ({ openapi }) => ({ status: 200, body: await openapi() }),
  listJobs: getList,
  listFailures: getFailures,
  retryMany,
  cancelMany,
  getJob,
  getPayload,
  getResult,
  getErrors,
  getEffects,
  patchJob,
  retryJob,
  cancelJob,
};

export function manage(deps: ManageDeps) {
  return async (request: ApiRequest): Promise<ApiAnswer> => {
    const answer = answers[request.route];
    if (answer === undefined)
      throw new Error(`route ${request.route} is wired to manage, which does not answer it`);
    return answer(deps, request);
  };
}

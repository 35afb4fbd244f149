import type { JobStore } from '../../core/change.ts';
import { check } from '../../core/faults.ts';
import { cancelManyRequest, type RetryMany, retryManyRequest } from '../../core/many.ts';
import { operations, operationsQueue } from '../../core/operations.ts';
import { draftOf } from '../../core/request.ts';
import { viewOf } from '../../core/view.ts';
import { type Outcome, type TakeDeps, takeDrafts } from '../enqueue/take.ts';
import { type ApiAnswer, type ApiRequest, readBody } from '../http.ts';
import { type Choice, chooseForCancel, chooseForRetry, countMeant } from '../operate/choose.ts';

export interface ManyDeps extends TakeDeps {
  store: JobStore;
}

/** A dry run looks at no more jobs than this. */
const maxLookedAt = 10_000;
const catalogue = { queues: [operationsQueue], contracts: operations };
const sentence = 'the request is not as the API describes it';

/** POST /v1/jobs/retry: the job that does it, or with `dry_run` how many jobs are meant. */
export async function retryMany(deps: ManyDeps, request: ApiRequest): Promise<ApiAnswer> {
  const body = readBody(request.body);
  if (!body.ok) return body;
  const asked = check(retryManyRequest, body.value, 'invalid_request', sentence);
  if (!asked.ok) return asked;
  const choose = (rest: RetryMany) => chooseForRetry(deps.store, request.tenant, rest, deps.now());
  return answer(deps, request, 'taskq.retry', asked.value, choose);
}

/** POST /v1/jobs/cancel, likewise. */
export async function cancelMany(deps: ManyDeps, request: ApiRequest): Promise<ApiAnswer> {
  const body = readBody(request.body);
  if (!body.ok) return body;
  const asked = check(cancelManyRequest, body.value, 'invalid_request', sentence);
  if (!asked.ok) return asked;
  return answer(deps, request, 'taskq.cancel', asked.value, (rest) =>
    chooseForCancel(deps.store, request.tenant, rest, deps.now()),
  );
}

async function answer<A extends { dry_run?: boolean | undefined }>(
  deps: ManyDeps,
  request: ApiRequest,
  type: (typeof operations)[number]['type'],
  asked: A,
  choose: (rest: Omit<A, 'dry_run'>) => Choice,
): Promise<ApiAnswer> {
  const { dry_run: dryRun = false, ...payload } = asked;
  if (dryRun) return { status: 200, body: await countMeant(choose(payload), maxLookedAt) };
  const at = deps.now();
  const taken = await takeDrafts(deps)(request, payload, [draftOf({ type, payload }, catalogue, at)], at);
  if (!taken.ok) return taken;
  const { outcomes, repeated } = taken.value;
  const [outcome] = outcomes as [Outcome];
  if ('problem' in outcome) return outcome;
  const headers = { Location: `${request.base}/jobs/${outcome.record.sk}` };
  return { status: repeated && outcome.stood ? 200 : 202, headers, body: viewOf(outcome.record) };
}

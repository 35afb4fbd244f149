import type { JobStore } from '../../core/change.ts';
import { check } from '../../core/faults.ts';
import { cancelManyRequest, type DryRunResponse, type RetryMany, retryManyRequest } from '../../core/many.ts';
import { operations, operationsQueue } from '../../core/operations.ts';
import { draftOf } from '../../core/request.ts';
import { type JobRecord, jobKey } from '../../core/table.ts';
import { viewOf } from '../../core/view.ts';
import { type Outcome, type TakeDeps, takeDrafts } from '../enqueue/take.ts';
import { type ApiAnswer, type ApiRequest, readBody } from '../http.ts';
import { type Choice, chooseForCancel, chooseForRetry, countMeant } from '../operate/choose.ts';
import { tryPatch } from '../operate/payload.ts';
import type { ReopenDeps } from '../reopen.ts';

export interface ManyDeps extends TakeDeps {
  store: JobStore;
  contractOf: ReopenDeps['contractOf'];
}

/** A dry run looks at no more jobs than this. */
const maxLookedAt = 10_000;
/** Of so many it reads the records, ten calls of the table. */
const maxRead = 1_000;
/** It tries a patch on so many: each payload may have a megabyte. */
const triedAtOnce = 10;
const catalogue = { queues: [operationsQueue], contracts: operations };
const sentence = 'the request is not as the API describes it';

/** POST /v1/jobs/retry: the job that does it, or with `dry_run` how many jobs are meant and whether the patch fits. */
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

/** What a dry run tells: how many jobs are meant, which a retry would leave, and whether the patch fits the first. */
async function look(
  deps: ManyDeps,
  tenant: string,
  choice: Choice,
  type: (typeof operations)[number]['type'],
  { patch }: Pick<RetryMany, 'patch'>,
): Promise<DryRunResponse> {
  const { examples, ...counted } = await countMeant(choice, maxLookedAt, maxRead);
  if (type === 'taskq.cancel') return counted;
  // A job that fails again while the index is walked may have come twice.
  const records = await deps.store.get([...new Set(examples)].map((id) => jobKey(tenant, id)));
  const meant = records.filter((each) => each !== undefined && choice.isMeant(each)) as JobRecord[];
  const parts = meant.filter(({ workflow }) => workflow !== undefined).length;
  const fits = patch === undefined ? {} : { patch: await tryPatch(deps, meant.slice(0, triedAtOnce), patch) };
  return { ...counted, in_workflow: parts, ...fits };
}

async function answer<A extends { dry_run?: boolean | undefined } & Pick<RetryMany, 'patch'>>(
  deps: ManyDeps,
  request: ApiRequest,
  type: (typeof operations)[number]['type'],
  asked: A,
  choose: (rest: Omit<A, 'dry_run'>) => Choice,
): Promise<ApiAnswer> {
  const { dry_run: dryRun = false, ...payload } = asked;
  if (dryRun) return { status: 200, body: await look(deps, request.tenant, choose(payload), type, payload) };
  const at = deps.now();
  const taken = await takeDrafts(deps)(request, payload, [draftOf({ type, payload }, catalogue, at)], at);
  if (!taken.ok) return taken;
  const { outcomes, repeated } = taken.value;
  const [outcome] = outcomes as [Outcome];
  if ('problem' in outcome) return outcome;
  const headers = { Location: `${request.base}/jobs/${outcome.record.sk}` };
  return { status: repeated && outcome.stood ? 200 : 202, headers, body: viewOf(outcome.record) };
}

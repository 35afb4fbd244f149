import { type BatchResponse, batchRequest } from '../../core/api.ts';
import { check } from '../../core/faults.ts';
import type { Checked } from '../../core/problem.ts';
import { type Catalogue, type Draft, draftOf } from '../../core/request.ts';
import type { Counts } from '../../core/telemetry.ts';
import { viewOf } from '../../core/view.ts';
import { type ApiAnswer, type ApiRequest, readBody } from '../http.ts';
import { standsAlready } from './dedupe.ts';
import { type Outcome, type TakeDeps, takeDrafts } from './take.ts';

export interface EnqueueDeps extends TakeDeps {
  catalogue: Catalogue;
}

/** POST /v1/jobs and /v1/jobs/batch: admit → seal → deliver → insert. A single job is a batch of one. */
export function enqueue(deps: EnqueueDeps) {
  const take = takeDrafts(deps);
  return async (request: ApiRequest, counts: Counts): Promise<ApiAnswer> => {
    const single = request.route === 'enqueueJob';
    const body = readBody(request.body);
    if (!body.ok) return body;
    const bodies = single ? { ok: true as const, value: [body.value] } : batchOf(body.value);
    if (!bodies.ok) return bodies;
    const at = deps.now();
    const checked = bodies.value.map((each) => draftOf(each, deps.catalogue, at));
    const drafts = await withDependencies(deps, request, body.value, checked, at);
    const taken = await take(request, body.value, drafts, at);
    if (!taken.ok) return taken;
    const { outcomes, repeated } = taken.value;
    counts.accepted = outcomes.filter((each) => 'record' in each && !each.stood).length;
    return single
      ? singleAnswer(outcomes[0] as Outcome, repeated, request.base)
      : { status: 207, body: batchAnswer(outcomes) };
  };
}

/** Jobs that wait for others are looked into; what that takes is loaded for the first of them. */
async function withDependencies(
  deps: EnqueueDeps,
  { tenant, route, idempotencyKey: key }: ApiRequest,
  body: unknown,
  drafts: Checked<Draft>[],
  at: number,
): Promise<Checked<Draft>[]> {
  if (!drafts.some((each) => each.ok && each.value.dependencies !== undefined)) return drafts;
  const { checkDependencies, refuseInBatch } = await import('./dependencies.ts');
  if (route !== 'enqueueJob') return drafts.map(refuseInBatch);
  return Promise.all(
    drafts.map(async (each) => {
      if (!each.ok) return each;
      const checked = await checkDependencies(deps.store, tenant, each.value, at);
      if (checked.ok || key === undefined) return checked;
      // Taken already: whoever has come to wait for the same job since must not refuse its repeat.
      return (await standsAlready(deps, { tenant, route, key, body })) ? each : checked;
    }),
  );
}

function batchOf(body: unknown): Checked<unknown[]> {
  const shape = check(batchRequest, body, 'invalid_request', 'the batch is not as the API describes it');
  return shape.ok ? { ok: true, value: shape.value.jobs } : shape;
}

function singleAnswer(outcome: Outcome, repeated: boolean, base: string): ApiAnswer {
  if ('problem' in outcome) return outcome;
  const headers = { Location: `${base}/jobs/${outcome.record.sk}` };
  return { status: repeated && outcome.stood ? 200 : 201, headers, body: viewOf(outcome.record) };
}

const maxFaultsPerJob = 5;

function batchAnswer(outcomes: readonly Outcome[]): BatchResponse {
  return {
    results: outcomes.map((each) => {
      if ('record' in each) return { id: each.record.sk, status: viewOf(each.record).status };
      const { error, code, details } = each.problem;
      // A thousand bad jobs must not outgrow Lambda's 6 MB: then nobody would hear of the good ones.
      return {
        error,
        code,
        ...(details === undefined ? {} : { details: details.slice(0, maxFaultsPerJob) }),
      };
    }),
  };
}

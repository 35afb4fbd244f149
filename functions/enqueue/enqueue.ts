import { type BatchResponse, batchRequest } from '../../core/api.ts';
import { check } from '../../core/faults.ts';
import { idRandomBytes, mintJobId } from '../../core/id.ts';
import type { Caller } from '../../core/newjob.ts';
import { type Checked, type Problem, problem } from '../../core/problem.ts';
import { type Catalogue, type Draft, draftOf } from '../../core/request.ts';
import { type JobRecord, mintShards } from '../../core/table.ts';
import type { Counts } from '../../core/telemetry.ts';
import { viewOf } from '../../core/view.ts';
import { type ApiAnswer, type ApiRequest, readBody } from '../http.ts';
import type { Keys } from '../keys.ts';
import { type AcceptDeps, type Accepted, accept } from './accept.ts';
import { type DedupeStore, holdKey } from './dedupe.ts';

export interface EnqueueDeps extends AcceptDeps {
  catalogue: Catalogue;
  dedupe: DedupeStore;
  keys: Keys;
  randomBytes: (count: number) => Uint8Array;
}

/** POST /v1/jobs and /v1/jobs/batch: admit → seal → deliver → insert. A single job is a batch of one. */
export function enqueue(deps: EnqueueDeps) {
  const take = takeJobs(deps);
  return async (request: ApiRequest, counts: Counts): Promise<ApiAnswer> => {
    const single = request.route === 'enqueueJob';
    const body = readBody(request.body);
    if (!body.ok) return body;
    const bodies = single ? { ok: true as const, value: [body.value] } : batchOf(body.value);
    if (!bodies.ok) return bodies;
    const taken = await take(request, body.value, bodies.value);
    if (!taken.ok) return taken;
    const { outcomes, repeated } = taken.value;
    counts.accepted = outcomes.filter((each) => 'record' in each && !each.stood).length;
    return single
      ? singleAnswer(outcomes[0] as Outcome, repeated, request.base)
      : { status: 207, body: batchAnswer(outcomes) };
  };
}

type Outcome = { record: JobRecord; stood: boolean } | { problem: Problem };

function batchOf(body: unknown): Checked<unknown[]> {
  const shape = check(batchRequest, body, 'invalid_request', 'the batch is not as the API describes it');
  return shape.ok ? { ok: true, value: shape.value.jobs } : shape;
}

/** Every job of a request, good or bad, in order. */
function takeJobs(deps: EnqueueDeps) {
  const acceptJobs = accept(deps);
  const hold = holdKey(deps);
  return async (
    request: ApiRequest,
    body: unknown,
    bodies: readonly unknown[],
  ): Promise<Checked<{ outcomes: Outcome[]; repeated: boolean }>> => {
    const at = deps.now();
    const drafts = bodies.map((each) => draftOf(each, deps.catalogue, at));
    const good = drafts.flatMap((each, position) => (each.ok ? [position] : []));
    const outcomes: Outcome[] = drafts.map((each) => ({ problem: each.ok ? internal : each.problem }));
    // A request without one good job writes nothing: its key stays free for the corrected request.
    if (good.length === 0) return { ok: true, value: { outcomes, repeated: false } };

    const { tenant, route, idempotencyKey: key } = request;
    const holding =
      key === undefined
        ? {
            ok: true as const,
            value: {
              repeated: false,
              ids: good.map(() => mint(deps, tenant, at)),
              stands: good.map(() => undefined),
            },
          }
        : await hold({ tenant, route, key, body, at }, good);
    if (!holding.ok) return holding;
    const { ids, stands, repeated } = holding.value;

    const open = good.flatMap((position, index) =>
      stands[index] === undefined ? [{ position, id: ids[index] ?? '' }] : [],
    );
    const jobs = open.map(({ position, id }) => ({
      id,
      draft: (drafts[position] as { value: Draft }).value,
    }));
    const accepted = await acceptJobs(jobs, callerOf(request), at);
    for (const [index, position] of good.entries()) {
      const record = stands[index];
      if (record !== undefined) outcomes[position] = { record, stood: true };
    }
    for (const [index, { position }] of open.entries())
      outcomes[position] = outcomeOf(accepted[index] as Accepted);
    return { ok: true, value: { outcomes, repeated } };
  };
}

const internal = problem('internal', 'the job was not looked at');

function outcomeOf(accepted: Accepted): Outcome {
  return 'record' in accepted ? { record: accepted.record, stood: false } : accepted;
}

function mint({ randomBytes }: EnqueueDeps, tenant: string, at: number): string {
  const random = randomBytes(idRandomBytes + 1);
  return mintJobId(at, random, (random[idRandomBytes] ?? 0) % mintShards(tenant));
}

function callerOf({ tenant, createdBy, traceparent }: ApiRequest): Caller {
  return { tenant, createdBy, ...(traceparent === undefined ? {} : { traceparent }) };
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

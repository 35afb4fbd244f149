import { idRandomBytes, mintJobId } from '../../core/id.ts';
import type { Caller } from '../../core/newjob.ts';
import { type Checked, type Problem, problem } from '../../core/problem.ts';
import type { Draft } from '../../core/request.ts';
import { type JobRecord, mintShards } from '../../core/table.ts';
import type { ApiRequest } from '../http.ts';
import type { Keys } from '../keys.ts';
import { type AcceptDeps, type Accepted, accept } from './accept.ts';
import { type DedupeStore, holdKey } from './dedupe.ts';

export interface TakeDeps extends AcceptDeps {
  dedupe: DedupeStore;
  keys: Keys;
  randomBytes: (count: number) => Uint8Array;
}

/** `stood`: by an earlier request with the same key. */
export type Outcome = { record: JobRecord; stood: boolean } | { problem: Problem };

/**
 * Takes in every job of a request, good or bad, in order, under its Idempotency-Key if it has one.
 * @param body the request's parsed body, which a repeated key must bring again
 * @param at when the request was read, ms since the epoch
 */
export function takeDrafts(deps: TakeDeps) {
  const acceptJobs = accept(deps);
  const hold = holdKey(deps);
  return async (
    request: ApiRequest,
    body: unknown,
    drafts: readonly Checked<Draft>[],
    at: number,
  ): Promise<Checked<{ outcomes: Outcome[]; repeated: boolean }>> => {
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

function mint({ randomBytes }: TakeDeps, tenant: string, at: number): string {
  const random = randomBytes(idRandomBytes + 1);
  return mintJobId(at, random, (random[idRandomBytes] ?? 0) % mintShards(tenant));
}

function callerOf({ tenant, createdBy, traceparent }: ApiRequest): Caller {
  return { tenant, createdBy, ...(traceparent === undefined ? {} : { traceparent }) };
}

import { bodyHash, dedupedId, keyOfDedupe, newDedupe } from '../../core/dedupe.ts';
import { check } from '../../core/faults.ts';
import { idRandomBytes } from '../../core/id.ts';
import { type Problem, problem } from '../../core/problem.ts';
import { draftOf } from '../../core/request.ts';
import type { RecordKey } from '../../core/table.ts';
import { workflowRequest } from '../../core/workflow/api.ts';
import { uniqueKeyOf } from '../../core/workflow/item.ts';
import { plan, type WorkflowCatalogue } from '../../core/workflow/plan.ts';
import { callbackType } from '../../core/workflow/request.ts';
import type { DedupeStore } from '../enqueue/dedupe.ts';
import { type ApiAnswer, type ApiRequest, readBody } from '../http.ts';
import type { Keys } from '../keys.ts';
import { type CreateDeps, createWorkflow, mintWorkflowId } from './create.ts';
import { holdUnique } from './unique.ts';
import { viewOf } from './view.ts';

export interface StartDeps extends CreateDeps {
  catalogue: WorkflowCatalogue;
  dedupe: DedupeStore;
  keys: Keys;
  now: () => number;
  randomBytes: (count: number) => Uint8Array;
}

/** POST /v1/workflows: checked whole, stored, started. With an `Idempotency-Key` its repeat answers the same workflow. */
export function startWorkflow(deps: StartDeps) {
  const create = createWorkflow(deps);
  return async (request: ApiRequest): Promise<ApiAnswer> => {
    const body = readBody(request.body);
    if (!body.ok) return body;
    const shape = check(
      workflowRequest,
      body.value,
      'invalid_request',
      'the workflow is not as the API describes it',
    );
    if (!shape.ok) return shape;
    const at = deps.now();
    const specs = plan(shape.value.nodes, deps.catalogue, at);
    if (!specs.ok) return specs;
    const { timeout_seconds, tags = [], unique_key, callback } = shape.value;
    const wrong = callback === undefined ? undefined : callbackFault(deps.catalogue, callback, at);
    if (wrong !== undefined) return wrong;
    const held = await idFor(deps, request, body.value, at);
    if ('problem' in held) return held;
    const unique = unique_key === undefined ? undefined : await uniqueOf(deps, request.tenant, unique_key);
    const stands = held.repeated && (await deps.workflows.get(request.tenant, held.id)) !== undefined;
    if (unique !== undefined && !stands) {
      const other = await holdUnique(deps, request.tenant, unique, held.id);
      if (other !== undefined) return 'item' in other ? { status: 200, body: viewOf(other.item) } : other;
    }
    const item = await create({
      tenant: request.tenant,
      id: held.id,
      specs: specs.value,
      createdBy: request.createdBy,
      ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
      ...(tags.length === 0 ? {} : { tags }),
      ...(callback === undefined
        ? {}
        : {
            callback: {
              url: callback.url,
              ...(callback.secret === undefined ? {} : { secret: callback.secret }),
            },
          }),
      ...(unique === undefined ? {} : { unique: unique.pk }),
      ...(timeout_seconds === undefined ? {} : { timeoutAt: at + timeout_seconds * 1000 }),
    });
    return {
      status: held.repeated ? 200 : 201,
      headers: { Location: `${request.base}/workflows/${held.id}` },
      body: viewOf(item),
    };
  };
}

/** A key's workflow has the one id that follows from the key: whoever breaks off in between is gone on with by the repeat. */
async function idFor(
  { dedupe, keys, randomBytes, now }: StartDeps,
  { tenant, route, idempotencyKey: key }: ApiRequest,
  body: unknown,
  at: number,
): Promise<{ id: string; repeated: boolean } | { problem: ReturnType<typeof problem> }> {
  if (key === undefined)
    return { id: mintWorkflowId(tenant, at, randomBytes(idRandomBytes + 1)), repeated: false };
  const secret = (await keys.dedupeKey(tenant)).bytes;
  const fresh = newDedupe(keyOfDedupe(tenant, route, key, secret), body, secret, at);
  const held = await dedupe.hold(fresh, now());
  if (held !== undefined && held.body !== bodyHash(body, secret)) return { problem: conflict };
  return { id: dedupedId(held ?? fresh, tenant, 0, secret), repeated: held !== undefined };
}

/** What is wrong with whom to tell: judged as the payload that it will be part of. */
function callbackFault(
  catalogue: WorkflowCatalogue,
  callback: object,
  at: number,
): { problem: Problem } | undefined {
  const drafted = draftOf({ type: callbackType, payload: { ...callback, body: null } }, catalogue, at);
  if (drafted.ok) return undefined;
  const { code, error, details = [] } = drafted.problem;
  const placed = details.map(({ path, message }) => ({
    path: path.replace(/^\/(payload|type)/, '/callback'),
    message,
  }));
  return { problem: problem(code, error, { details: placed }) };
}

async function uniqueOf({ keys }: StartDeps, tenant: string, text: string): Promise<RecordKey> {
  return uniqueKeyOf(keyOfDedupe(tenant, 'unique workflow', text, (await keys.dedupeKey(tenant)).bytes));
}

const conflict = problem(
  'idempotency_conflict',
  'this Idempotency-Key was used with another body; send a new key, or the same body',
  {
    details: [{ path: 'Idempotency-Key', message: 'must be new for a new request' }],
  },
);

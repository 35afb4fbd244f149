import type { RouteName } from '../../core/routes.ts';
import type { Counts } from '../../core/telemetry.ts';
import { enqueue } from '../../functions/enqueue/enqueue.ts';
import type { ApiAnswer, ApiRequest } from '../../functions/http.ts';
import { manage } from '../../functions/manage/manage.ts';
import { contracts, queues, type World } from './world.ts';

/** A request as every route gets it, of tenant `acme`. */
export function aRequest(route: RouteName, fields: Partial<ApiRequest> = {}): ApiRequest {
  return {
    route,
    tenant: 'acme',
    base: '/v1/tenants/acme',
    id: '',
    query: {},
    body: '',
    createdBy: 'arn:aws:iam::000000000000:user/ada',
    requestId: 'request-1',
    ...fields,
  };
}

/** Bytes of which no two calls are alike. */
function countingBytes(): (count: number) => Uint8Array {
  let minted = 0;
  return (count) => {
    minted++;
    return new Uint8Array(count).fill(minted);
  };
}

/** Calls the enqueue step as API Gateway would: one job, or a list of them as a batch. */
export function enqueuer(world: World) {
  const counts: Counts = {};
  const step = enqueue({
    ...world,
    catalogue: { queues, contracts },
    now: world.clock.now,
    randomBytes: countingBytes(),
  });
  const post = (body: unknown, fields: Partial<ApiRequest> = {}) =>
    step(
      aRequest(Array.isArray(body) ? 'enqueueBatch' : 'enqueueJob', {
        body: JSON.stringify(Array.isArray(body) ? { jobs: body } : body),
        ...fields,
      }),
      counts,
    );
  return { post, counts };
}

/** Calls the manage step as API Gateway would. */
export function manager(world: World) {
  const errors: string[] = [];
  const step = manage({
    ...world,
    randomBytes: countingBytes(),
    contractOf: (type) => contracts.find((each) => each.type === type),
    version: '2.0.0',
    openapi: async () => ({ openapi: '3.1.0' }),
    onError: (message) => void errors.push(message),
    monotonic: world.clock.monotonic,
    sleep: world.clock.sleep,
    now: world.clock.now,
  });
  const call = (route: RouteName, fields: Partial<ApiRequest> = {}) => step(aRequest(route, fields));
  return { call, errors };
}

/** Status and body of an answer, whichever form it has. */
export function told(answer: ApiAnswer): { status?: number; code?: string; body: Record<string, unknown> } {
  if ('problem' in answer) return { code: answer.problem.code, body: { ...answer.problem } };
  return { status: answer.status, body: (answer.body ?? {}) as Record<string, unknown> };
}

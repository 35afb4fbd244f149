import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { problem, problemStatus } from '../core/problem.ts';
import type { Counts } from '../core/telemetry.ts';
import { type ApiAnswer, type ApiRequest, readRequest, respond } from './http.ts';
import { Unopenable } from './keys.ts';
import { logError, logInvocation } from './log.ts';

/** Wraps an API function: reads the request, answers every error in the API's form, logs one line. */
export function apiHandler(
  source: string,
  answer: (request: ApiRequest, counts: Counts) => Promise<ApiAnswer>,
) {
  return async (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> => {
    const started = performance.now();
    const requestId = event.requestContext?.requestId ?? context.awsRequestId;
    const counts: Counts = {};
    const read = readRequest(event, requestId);
    const answered = read.ok
      ? await answer(read.value, counts).catch((error: unknown) => failed(error, requestId))
      : { problem: read.problem };
    const status = 'problem' in answered ? problemStatus[answered.problem.code] : answered.status;
    if (status >= 400) counts.refused = 1;
    const route = read.ok ? read.value.route : undefined;
    const code = 'problem' in answered ? answered.problem.code : undefined;
    logInvocation(
      source,
      counts,
      { route, status, code, request_id: requestId, ms: Math.round(performance.now() - started) },
      Date.now(),
    );
    return respond(answered, requestId);
  };
}

/** AWS errors that pass: the caller may repeat the same request. */
const passing =
  /Throttl|TooManyRequests|ProvisionedThroughputExceeded|RequestLimitExceeded|ServiceUnavailable|InternalServerError|KMSInternal|Timeout|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EAI_AGAIN/;

/** No repeat opens it: the tenant's key is gone, or something else lies where the value was. */
const unopenable = problem(
  'payload_unopenable',
  'what is stored cannot be opened: its key was revoked or shredded, or other bytes lie in its place; enqueue the job anew',
);

/** A 500 never says why outside, always inside. */
function failed(error: unknown, requestId: string): ApiAnswer {
  logError('the request could not be answered', error, { request_id: requestId });
  if (error instanceof Unopenable) return { problem: unopenable };
  const { name = '', code = '' } = error as { name?: string; code?: string };
  if (passing.test(`${name} ${code}`)) {
    return {
      problem: problem(
        'unavailable',
        'AWS is throttling or unavailable; repeat the request with its Idempotency-Key',
        { retryAfterSeconds: 1 },
      ),
    };
  }
  return {
    problem: problem(
      'internal',
      'the request could not be answered; the log has the reason under this request_id',
    ),
  };
}

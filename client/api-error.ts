import type { IncomingHttpHeaders } from 'node:http';
import type { ProblemResponse } from '../core/api.ts';
import type { Fault } from '../core/problem.ts';

/**
 * Codes beside those of `core/problem.ts`, for answers that TaskQ itself did not give:
 * `unreachable`: nothing was sent. `no_answer`: sent, and what became of it is unknown. `no_credentials`:
 * nothing to sign with. `refused`, `throttled`: API Gateway said so. `gateway`: any other foreign answer.
 * `invalid_result`: a result came that its contract does not allow.
 */
type ClientCode =
  | 'invalid_result'
  | 'unreachable'
  | 'no_answer'
  | 'no_credentials'
  | 'refused'
  | 'throttled'
  | 'gateway';

/** Why a call has no result. */
export class ApiError extends Error {
  override name = 'ApiError';
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** A `ProblemCode`, or one of the codes above. Codes may be added. */
  readonly code: string;
  readonly details: Fault[];
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { details?: Fault[]; requestId?: string; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.status = status;
    this.code = code;
    this.details = more.details ?? [];
    this.requestId = more.requestId;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** A failure on this side of an answer. */
export function localError(code: ClientCode, message: string, cause?: unknown): ApiError {
  return new ApiError(0, code, message, { cause });
}

/** The result of a job is not what the contract says: the release that made it had another. */
export function misfitError(sentence: string, details: Fault[]): ApiError {
  const code: ClientCode = 'invalid_result';
  const where = details.map(({ path, message }) => `${path || 'it'} ${message}`).join('; ');
  return new ApiError(200, code, `${sentence}: ${where}`, { details });
}

/** What an answer of status 400 and above means, TaskQ's own or one of the gateway before it. */
export function errorOf(
  called: string,
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
): ApiError {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) && seconds >= 0 ? { retryAfterSeconds: seconds } : {};
  const parsed = parseObject(body);
  if (isProblem(parsed)) {
    const { code, error, details, request_id: requestId } = parsed;
    return new ApiError(status, code, error, { ...retryAfter, requestId, ...(details ? { details } : {}) });
  }
  const requestId = first(headers['x-amzn-requestid']);
  return new ApiError(status, foreignCode(status), foreignMessage(called, status, headers, parsed, body), {
    ...retryAfter,
    ...(requestId === undefined ? {} : { requestId }),
  });
}

function isProblem(parsed: Record<string, unknown> | undefined): parsed is ProblemResponse {
  return typeof parsed?.error === 'string' && typeof parsed.code === 'string';
}

function foreignCode(status: number): ClientCode {
  if (status === 401 || status === 403) return 'refused';
  return status === 429 ? 'throttled' : 'gateway';
}

/** API Gateway's sentences are terse, and one of them misleads: what to do is added. */
const advice: Record<string, string> = {
  MissingAuthenticationTokenException:
    'API Gateway says so for a signed call when the URL has no such route: check the API URL, its stage included',
  AccessDeniedException: "allow execute-api:Invoke on this path in the caller's IAM policy",
  InvalidSignatureException: "check the secret key, the region and this machine's clock",
  UnrecognizedClientException: 'the access key is unknown in this account or its session token is wrong',
  ExpiredTokenException: 'the credentials are expired: renew them',
};

function foreignMessage(
  called: string,
  status: number,
  headers: IncomingHttpHeaders,
  parsed: Record<string, unknown> | undefined,
  body: string,
): string {
  const type = (first(headers['x-amzn-errortype']) ?? String(parsed?.__type ?? '')).replace(/:.*|.*#/g, '');
  const said = String(parsed?.message ?? parsed?.Message ?? body.slice(0, 200).trim());
  const todo = advice[type];
  return `${called} was answered ${status}${said === '' ? '' : `: ${said}`}${todo === undefined ? '' : ` (${todo})`}`;
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** Every code an answer may carry, with its HTTP status. `docs/errors.md` has a paragraph for each. */
export const problemStatus = {
  invalid_request: 400,
  not_found: 404,
  invalid_transition: 409,
  no_result: 409,
  busy: 409,
  payload_expired: 410,
  payload_unopenable: 410,
  payload_too_large: 413,
  unknown_type: 422,
  unknown_queue: 422,
  unknown_signal: 422,
  invalid_dependency: 422,
  invalid_payload: 422,
  idempotency_conflict: 422,
  internal: 500,
  unavailable: 503,
} as const;

export type ProblemCode = keyof typeof problemStatus;

/** One fault of the input: where (a JSON Pointer, or the name of a parameter or header) and what is allowed there. */
export interface Fault {
  path: string;
  message: string;
}

/** What the caller is told instead of a result. Never a 500's reason, never a payload's value. */
export interface Problem {
  code: ProblemCode;
  error: string;
  details?: Fault[];
  retryAfterSeconds?: number;
}

export function problem(
  code: ProblemCode,
  error: string,
  more: { details?: Fault[]; retryAfterSeconds?: number } = {},
): Problem {
  return { code, error, ...more };
}

/** Either a value or the problem that stands in its way. */
export type Checked<T> = { ok: true; value: T } | { ok: false; problem: Problem };

/** The codes that a route may answer with: those of every route that reads an input, and its own. */
export function problemsWith<const Own extends readonly ProblemCode[]>(...own: Own) {
  return ['invalid_request', ...own, 'internal', 'unavailable'] as const;
}

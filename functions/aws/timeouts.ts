/**
 * Options of an AWS client: a call that hangs is given up and repeated by the SDK, well within a lease. A
 * socket that froze with its container is found so.
 * @param requestMs until the answer must have begun
 */
export function boundedCalls(requestMs: number) {
  return {
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: requestMs,
      // Without this word the handler only prints a warning and waits on.
      throwOnRequestTimeout: true,
      socketTimeout: requestMs,
    },
  };
}

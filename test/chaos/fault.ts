/** The faults of the network path between functions and AWS, and between clients and the API. */
import { oneOf, type Random } from '../simulation/random.ts';
import type { Call, Service } from './call.ts';

/**
 * `slow`: carried out some time later. `reset`: the connection breaks, nothing was done. `lost`: carried out, and the
 * connection breaks before the answer. `late`: carried out when the caller has long given up and asked again.
 * `error`: AWS has an internal error. `throttle`: AWS throttles. `rows`: some entries of a batch are throttled, or
 * carried out and called failed. `kms`: KMS refuses every call. `client`: a client's call is reset or its answer lost.
 */
export const faultKinds = [
  'slow',
  'reset',
  'lost',
  'late',
  'error',
  'throttle',
  'rows',
  'kms',
  'client',
] as const;
export type FaultKind = (typeof faultKinds)[number];

const writes = [
  ...['BatchExecuteStatement', 'PutItem', 'UpdateItem', 'BatchWriteItem'],
  ...['SendMessageBatch', 'ChangeMessageVisibilityBatch', 'Invoke', 'PUT'],
];
export const batches = ['BatchExecuteStatement', 'SendMessageBatch'];

/** Can this fault happen to this call. */
export function befalls(kind: FaultKind, { service, action }: Call): boolean {
  if (kind === 'client') return service === 'api';
  if (service === 'api') return false;
  if (kind === 'kms') return service === 'kms';
  // Of a read nobody would notice.
  if (kind === 'lost' || kind === 'late') return writes.includes(action);
  if (kind === 'rows') return batches.includes(action);
  return true;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

const throttles: Record<Service, readonly string[]> = {
  dynamodb: ['ThrottlingException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded'],
  sqs: ['RequestThrottled', 'ThrottlingException'],
  kms: ['ThrottlingException', 'LimitExceededException'],
  lambda: ['TooManyRequestsException'],
  s3: ['SlowDown'],
  api: [],
};

/** A throttled call, as this service says it. */
export function throttled(service: Service, random: Random): Answer {
  const status = service === 's3' ? 503 : service === 'lambda' ? 429 : 400;
  return refusal(service, status, oneOf(random, throttles[service]));
}

/** KMS out of requests, or out of order. */
export function kmsRefusal(random: Random): Answer {
  const name = oneOf(random, ['ThrottlingException', 'KMSInternalException', 'DependencyTimeoutException']);
  return refusal('kms', name === 'ThrottlingException' ? 400 : 500, name);
}

export function serverError(service: Service, random: Random): Answer {
  return refusal(service, oneOf(random, [500, 503]), 'InternalServerError');
}

function refusal(service: Service, status: number, name: string): Answer {
  if (service === 's3')
    return {
      status,
      headers: { 'content-type': 'application/xml' },
      body: `<?xml version="1.0"?><Error><Code>${name}</Code><Message>chaos</Message></Error>`,
    };
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': name },
    body: JSON.stringify({ __type: name, message: 'chaos' }),
  };
}

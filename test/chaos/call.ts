import type { IncomingHttpHeaders } from 'node:http';

/** Whose call passes the proxy: a client's of TaskQ's API, or a function's of an AWS service. */
export type Service = 'api' | 'dynamodb' | 'sqs' | 'kms' | 'lambda' | 's3';

export interface Call {
  service: Service;
  /** As AWS names it, such as `SendMessageBatch`; the method for S3 and the API. */
  action: string;
  /** The process it comes from; 0 for a client of the API. */
  pid: number;
}

const targets: Record<string, Service> = {
  DynamoDB_20120810: 'dynamodb',
  AmazonSQS: 'sqs',
  TrentService: 'kms',
};

/** What a request is, by its target, its path and the process that its user agent names (`deployed.ts`). */
export function callOf(method: string, path: string, headers: IncomingHttpHeaders): Call {
  const pid = Number(/\bapp\/(\d+)/.exec(String(headers['user-agent']))?.[1] ?? 0);
  const [family = '', action = ''] = String(headers['x-amz-target'] ?? '').split('.');
  const service = targets[family];
  if (service !== undefined) return { service, action, pid };
  if (path.startsWith('/restapis/')) return { service: 'api', action: method, pid };
  if (path.startsWith('/2015-03-31/functions/')) return { service: 'lambda', action: 'Invoke', pid };
  return { service: 's3', action: method, pid };
}

import type { IncomingHttpHeaders } from 'node:http';

/** Whose call passes the proxy: a client's of TaskQ's API, or a function's of an AWS service. */
export type Service = 'api' | 'dynamodb' | 'sqs' | 'kms' | 'lambda' | 's3';

export interface Call {
  service: Service;
  /** As AWS names it, such as `SendMessageBatch`; the method for S3 and the API. */
  action: string;
  /** The process it comes from; 0 for a client of the API. */
  pid: number;
  /** Its function, such as `worklong`; empty for a client. */
  by: string;
}

const targets: Record<string, Service> = {
  DynamoDB_20120810: 'dynamodb',
  AmazonSQS: 'sqs',
  TrentService: 'kms',
};

/** What a request is, by its target, its path and the process that its user agent names (`deployed.ts`). */
export function callOf(method: string, path: string, headers: IncomingHttpHeaders): Call {
  const [, id = '0', by = ''] = /\bapp\/(\d+)(?:-(\w+))?/.exec(String(headers['user-agent'])) ?? [];
  const pid = Number(id);
  const [family = '', action = ''] = String(headers['x-amz-target'] ?? '').split('.');
  const service = targets[family];
  if (service !== undefined) return { service, action, pid, by };
  if (path.startsWith('/_aws/execute-api/')) return { service: 'api', action: method, pid, by };
  if (path.startsWith('/2015-03-31/functions/')) return { service: 'lambda', action: 'Invoke', pid, by };
  return { service: 's3', action: method, pid, by };
}

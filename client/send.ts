import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import { localError } from './api-error.ts';
import { type ApiRequest, queryString } from './request.ts';

// node:http with kept connections carries over twice the requests of fetch at half the CPU (1,000 small POSTs,
// 16 at a time). Taken this way because a static import loads fetch as well, ten times the loading time.
const http = process.getBuiltinModule('node:http');

/** API Gateway gives up after 29 s. */
const answerTimeoutMs = 30_000;

/** Long polls hold their connection, so more than the usual 50; bounded, so that a burst does not use up all files. */
const maxSockets = 256;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends signed requests to one API over kept connections. Redirects are not followed: the signature is for one URL. */
export function makeSend(base: URL) {
  const { Agent, request: open } = base.protocol === 'https:' ? process.getBuiltinModule('node:https') : http;
  const agent = new Agent({ keepAlive: true, maxSockets });
  return (request: ApiRequest, headers: Record<string, string>, repeatable: boolean): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(failureOf(base, request, error));
      const query = queryString(request.query);
      const options: RequestOptions = {
        method: request.method,
        path: query === '' ? request.path : `${request.path}?${query}`,
        headers: { ...headers, 'content-length': Buffer.byteLength(request.body ?? '') },
        // A kept connection may have been closed from afar, and what was sent on it is then uncertain.
        agent: repeatable ? agent : false,
        signal: AbortSignal.timeout(answerTimeoutMs),
      };
      const outgoing = open(base, options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.on('end', () => {
          const { statusCode: status = 0, headers: received } = incoming;
          resolve({ status, headers: received, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      outgoing.on('error', fail);
      outgoing.end(request.body);
    });
}

/** Errors of finding and opening the connection: nothing was sent. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function failureOf(base: URL, request: ApiRequest, error: NodeJS.ErrnoException) {
  const why =
    error.name === 'AbortError' ? `waited ${answerTimeoutMs / 1000} s` : (error.code ?? error.message);
  if (neverSent.has(error.code ?? ''))
    return localError('unreachable', `cannot reach TaskQ at ${base.origin}: ${why}`, error);
  return localError(
    'no_answer',
    `${request.method} ${request.path} to ${base.origin} got no answer: ${why}`,
    error,
  );
}

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { jobErrorFields, TransientError } from '../../core/errors.ts';
import { checkLiteral, publicLookup } from './addresses.ts';

export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
  allowPrivateAddresses: boolean;
  /** For name, connection and TLS handshake together. */
  connectTimeoutMs: number;
}

/**
 * Posts once and answers as soon as the head of the response is there. Throws PermanentError `rejected` for an
 * address that is not public, the signal's reason once it aborts, and TransientError `network` for every other
 * failure: even an expired certificate may be renewed before the last attempt.
 */
export function post(url: URL, options: PostOptions): Promise<IncomingMessage> {
  const { body, signal, allowPrivateAddresses, connectTimeoutMs } = options;
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    if (!allowPrivateAddresses) checkLiteral(url);
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: { ...options.headers, 'content-length': Buffer.byteLength(body) },
      signal,
      // One connection per delivery: a container is frozen between batches, and kept sockets die unnoticed.
      agent: false,
      ...(allowPrivateAddresses ? {} : { lookup: publicLookup() }),
    });
    const timer = setTimeout(
      () => request.destroy(unreachable(url, `no connection within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    const connected = () => clearTimeout(timer);
    request.once('socket', (socket) => socket.once(secure ? 'secureConnect' : 'connect', connected));
    request.once('close', () => {
      connected();
      // Nothing more comes; of what was settled before this changes nothing.
      reject(
        signal.aborted ? signal.reason : unreachable(url, 'the connection was closed without a response'),
      );
    });
    request.once('response', resolve);
    // 101: nobody here speaks what comes now.
    request.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else if (jobErrorFields(error) !== undefined) reject(error);
      // The error itself goes no further: it may hold bytes of the response and the address behind the name.
      else reject(unreachable(url, error.code ?? 'unknown error'));
    });
    request.end(body);
  });
}

export interface BodyLimits {
  maxBytes: number;
  timeoutMs: number;
}

/** Reads the start of a body as UTF-8. It never throws: what cannot be had in bytes or time is left out. */
export async function readStart(response: IncomingMessage, { maxBytes, timeoutMs }: BodyLimits) {
  const chunks: Buffer[] = [];
  let length = 0;
  let complete = true;
  const timer = setTimeout(() => response.destroy(), timeoutMs);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length > maxBytes) break;
    }
  } catch {
    complete = false;
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
  const text = Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
  return { text, complete: complete && length <= maxBytes };
}

function unreachable(url: URL, reason: string): TransientError {
  return new TransientError(`could not reach ${url.host}: ${reason}`, 'network');
}

/** The smallest signed HTTP call: asks whether TaskQ is up, and a few plain AWS questions, without an SDK. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

/** Where and as whom to call. */
export interface Caller {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export interface SignedRequest {
  /** As in the signature; API Gateway's by default. */
  service?: string;
  /** GET by default. */
  method?: 'GET' | 'POST' | 'DELETE';
  /** Sent as a form. */
  form?: Record<string, string>;
}

/** `fetch`, signed with SigV4. Gives up after 20 s. */
export async function signedFetch(
  caller: Caller,
  url: string,
  request: SignedRequest = {},
): Promise<Response> {
  const { service = 'execute-api', method = 'GET', form } = request;
  const { protocol, hostname, host, port, pathname, searchParams } = new URL(url);
  const body = form && new URLSearchParams(form).toString();
  const signer = new SignatureV4({ ...caller, service, sha256: Sha256 });
  const { headers } = await signer.sign({
    method,
    protocol,
    hostname,
    ...(port ? { port: Number(port) } : {}),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host, ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
    ...(body ? { body } : {}),
  });
  const { host: _, ...sent } = headers; // fetch sets it itself
  return await fetch(url, {
    method,
    headers: sent,
    signal: AbortSignal.timeout(20_000),
    ...(body ? { body } : {}),
  });
}

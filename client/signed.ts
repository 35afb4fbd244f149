import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { localError } from './api-error.ts';
import type { ApiRequest } from './request.ts';

type SignerOptions = ConstructorParameters<typeof SignatureV4>[0];

/** An access key, or a function that gives one each time it is asked. */
export type Credentials = SignerOptions['credentials'];

/** Signs requests for API Gateway with Signature Version 4; answers with all headers to send. */
export function makeSigner(base: URL, region: string, credentials: Credentials = sdkChain()) {
  const signer = new SignatureV4({
    service: 'execute-api',
    region,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  return async (request: ApiRequest, at: Date): Promise<Record<string, string>> => {
    const { protocol, hostname } = base;
    const { headers } = await signer.sign({ ...request, protocol, hostname }, { signingDate: at });
    return headers;
  };
}

/** The SDK's default chain, loaded only where it is needed: it takes longer to load than all the rest. */
function sdkChain(): Credentials {
  let chain: ReturnType<typeof import('@aws-sdk/credential-provider-node').defaultProvider> | undefined;
  return async () => {
    chain ??= (await import('@aws-sdk/credential-provider-node')).defaultProvider();
    try {
      return await chain();
    } catch (error) {
      throw localError(
        'no_credentials',
        `found no AWS credentials to sign with: ${(error as Error).message}; set AWS_PROFILE or AWS_ACCESS_KEY_ID, or log in`,
        error,
      );
    }
  };
}

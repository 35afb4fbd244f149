/**
 * Stands in for `@aws-sdk/credential-provider-node` in the bundles. Lambda hands a function its role's
 * credentials in these variables and in no other way; the SDK's search of profiles, SSO, processes and
 * instance metadata would add 130 KB and a third of the import time to every cold start.
 */
export function defaultProvider() {
  return async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
      throw new Error(
        'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; a bundled function takes its credentials from ' +
          'the environment alone, as Lambda sets it',
      );
    }
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      sessionToken: AWS_SESSION_TOKEN,
    };
  };
}

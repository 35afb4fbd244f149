import { dedupeVersion, firstVersion } from '../keys.ts';

interface KeysDeps {
  /** Notes that there is such a tenant: the walk visits whom it finds there. */
  register(tenant: string): Promise<void>;
  /** Makes a key and wraps it for this tenant and version; the plain key never leaves KMS's answer. */
  wrap(tenant: string, version: string): Promise<Uint8Array>;
  /** Stores a version unless it stands already: two callers at once keep the first. */
  storeOnce(tenant: string, version: string, wrapped: Uint8Array): Promise<boolean>;
}

/**
 * Makes what a tenant needs before its first job: its name among the tenants, a sealing key and a dedupe key.
 * The name first: who has keys and no name there could have jobs that nobody walks. Repeats change nothing.
 */
export function makeFirstKeys({ register, wrap, storeOnce }: KeysDeps) {
  return async (tenant: string): Promise<string[]> => {
    await register(tenant);
    const made: string[] = [];
    for (const version of [firstVersion, dedupeVersion]) {
      if (await storeOnce(tenant, version, await wrap(tenant, version))) made.push(version);
    }
    return made;
  };
}

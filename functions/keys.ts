/** A key of a tenant's, unwrapped. `bytes` is zeroed some time after the key leaves the cache: use it at once. */
export interface TenantKey {
  id: string;
  bytes: Uint8Array;
}

/** What is sealed can never be opened: its key is gone, or it is not what was sealed. Not thrown where AWS does not answer. */
export class Unopenable extends Error {
  override name = 'Unopenable';
}

/** The port to tenant keys. */
export interface Keys {
  /** The version new values are sealed with; made on a tenant's first use. */
  sealingKey(tenant: string): Promise<TenantKey>;
  /** The version a value names. Throws `Unopenable` when the tenant has no such key: revoked, shredded or never made. */
  openingKey(tenant: string, id: string): Promise<TenantKey>;
  /** The tenant's secret for idempotency keys; it does not rotate. */
  dedupeKey(tenant: string): Promise<TenantKey>;
}

/** Ids of a tenant's first sealing key and of its dedupe key. */
export const firstVersion = 'v1';
export const dedupeVersion = 'dedupe';

/** What KMS binds a wrapped key to. */
export function keyContext(tenant: string, version: string): Record<string, string> {
  return { app: 'taskq', tenant, version };
}

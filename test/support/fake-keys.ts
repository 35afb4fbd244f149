import { createHash } from 'node:crypto';
import type { Keys, TenantKey } from '../../functions/keys.ts';
import { type Faults, noFaults } from './faults.ts';

/** Tenant keys without KMS: each a pure function of tenant and id. */
export function fakeKeys(faults: Faults = noFaults()): Keys {
  const key = (method: string, tenant: string, id: string): Promise<TenantKey> =>
    faults.around(method, 1, () => ({
      id,
      bytes: new Uint8Array(createHash('sha256').update(`${tenant}/${id}`).digest()),
    }));
  return {
    sealingKey: (tenant) => key('sealingKey', tenant, 'v1'),
    openingKey: (tenant, id) => key('openingKey', tenant, id),
    dedupeKey: (tenant) => key('dedupeKey', tenant, 'dedupe'),
  };
}

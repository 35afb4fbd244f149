import { tenantPattern } from '../../core/pointer.ts';
import { storeKeyOnce, wrapNewKey } from '../aws/newkeys.ts';
import { registerTenant } from '../aws/tenants.ts';
import { readEnv } from '../env.ts';
import { logInvocation } from '../log.ts';
import { makeFirstKeys } from './keys.ts';

const env = readEnv('keys');
const make = makeFirstKeys({
  register: (tenant) => registerTenant(env.CONTROL_TABLE, tenant, Date.now()),
  wrap: (tenant, version) => wrapNewKey(env.MASTER_KEY, tenant, version),
  storeOnce: (tenant, version, wrapped) => storeKeyOnce(env.KEYS_TABLE, tenant, version, wrapped, Date.now()),
});

export const handler = async ({ tenant }: { tenant: string }): Promise<{ made: string[] }> => {
  if (!tenantPattern.test(tenant))
    throw new Error(`"${tenant}" is no tenant; allowed is ${tenantPattern.source}`);
  const made = await make(tenant);
  logInvocation('keys', {}, { tenant, made: made.join(' ') }, Date.now());
  return { made };
};

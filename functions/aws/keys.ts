import { DecryptCommand } from '@aws-sdk/client-kms';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { dedupeVersion, type Keys, keyContext, type TenantKey, Unopenable } from '../keys.ts';
import { dynamo, kms } from './clients.ts';

interface WrappedKey {
  pk: string;
  sk: string;
  wrapped: Uint8Array;
}

/** A container uses an unwrapped key this long: how late a revocation can be. */
const cachedMs = 5 * 60_000;
/** An expired key is zeroed a minute later, when no seal that took it can still be at work. */
const zeroAfterMs = 60_000;

interface Options {
  table: string;
  masterKey: string;
  now: () => number;
  /** Has a tenant's first keys made; absent where keys may only be used. */
  make?: (tenant: string) => Promise<void>;
}

/** Tenant keys from the keys table, unwrapped by KMS once per container and 5 minutes. Concurrent callers share a call. */
export function tenantKeys({ table, masterKey, now, make }: Options): Keys {
  const lists = cache<WrappedKey[]>(now, () => {});
  const plain = cache<TenantKey>(now, (key) => key.bytes.fill(0));

  const list = (tenant: string) => lists.get(tenant, () => wrappedKeys(table, tenant, make));

  const unwrap = (tenant: string, item: WrappedKey) =>
    plain.get(`${tenant}/${item.sk}`, async () => {
      const { Plaintext } = await kms.send(
        new DecryptCommand({
          CiphertextBlob: item.wrapped,
          KeyId: masterKey,
          EncryptionContext: keyContext(tenant, item.sk),
        }),
      );
      if (Plaintext === undefined) throw new Error(`KMS answered without a key for version ${item.sk}`);
      return { id: item.sk, bytes: Plaintext };
    });

  const named = async (tenant: string, id: string): Promise<TenantKey> => {
    const known = list(tenant);
    let item = await keyNamed(known, id);
    if (item === undefined) {
      // Perhaps made since the list was read: it is read once more before the key is called revoked.
      lists.forget(tenant, known);
      item = await keyNamed(list(tenant), id);
    }
    if (item === undefined)
      throw new Unopenable(`tenant "${tenant}" has no key "${id}": it was revoked or shredded`);
    return unwrap(tenant, item);
  };

  return {
    async sealingKey(tenant) {
      const versions = (await list(tenant)).filter((each) => each.sk !== dedupeVersion);
      const newest = versions.sort((a, b) => Number(b.sk.slice(1)) - Number(a.sk.slice(1)))[0];
      if (newest === undefined) throw new Error(`tenant "${tenant}" has no key to seal with`);
      return unwrap(tenant, newest);
    },
    openingKey: named,
    dedupeKey: (tenant) => named(tenant, dedupeVersion),
  };
}

async function keyNamed(list: Promise<WrappedKey[]>, id: string): Promise<WrappedKey | undefined> {
  return (await list).find((each) => each.sk === id);
}

async function wrappedKeys(table: string, tenant: string, make: Options['make']): Promise<WrappedKey[]> {
  const found = await queryKeys(table, tenant);
  if (found.length >= 2 || make === undefined) return found;
  await make(tenant);
  return queryKeys(table, tenant);
}

async function queryKeys(table: string, tenant: string): Promise<WrappedKey[]> {
  const { Items } = await dynamo.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :tenant',
      ExpressionAttributeValues: { ':tenant': tenant },
      // Consistent: a version is used only once it is durably stored.
      ConsistentRead: true,
    }),
  );
  return (Items ?? []) as WrappedKey[];
}

/** Loads a value once per `cachedMs`; a failed load is forgotten at once; `drop` gets what has expired. */
function cache<T>(now: () => number, drop: (value: T) => void) {
  const entries = new Map<string, { value: Promise<T>; until: number }>();

  const dropExpired = (at: number): void => {
    for (const [key, { value, until }] of entries) {
      if (at < until + zeroAfterMs) continue;
      entries.delete(key);
      value.then(drop, () => {});
    }
  };

  /** Others may have loaded it anew meanwhile: theirs stays. */
  const forget = (key: string, value: Promise<T>): void => {
    if (entries.get(key)?.value === value) entries.delete(key);
  };

  return {
    get(key: string, load: () => Promise<T>): Promise<T> {
      const at = now();
      dropExpired(at);
      const entry = entries.get(key);
      if (entry !== undefined && at < entry.until) return entry.value;
      if (entry !== undefined) entries.set(`${key} expired at ${entry.until}`, entry);
      const value = load();
      entries.set(key, { value, until: at + cachedMs });
      value.catch(() => forget(key, value));
      return value;
    },
    forget,
  };
}

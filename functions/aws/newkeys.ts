import { GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { keyContext } from '../keys.ts';
import { kms } from './clients.ts';
import { putIf } from './conditional.ts';

/** A fresh 256-bit key under the master key, bound to tenant and version; its plain bytes are zeroed at once. */
export async function wrapNewKey(masterKey: string, tenant: string, version: string): Promise<Uint8Array> {
  const { Plaintext, CiphertextBlob } = await kms.send(
    new GenerateDataKeyCommand({
      KeyId: masterKey,
      KeySpec: 'AES_256',
      EncryptionContext: keyContext(tenant, version),
    }),
  );
  Plaintext?.fill(0);
  if (CiphertextBlob === undefined)
    throw new Error(`KMS answered without a wrapped key for version ${version}`);
  return CiphertextBlob;
}

/** Stores a wrapped key; false when that version stands already. */
export function storeKeyOnce(
  table: string,
  tenant: string,
  version: string,
  wrapped: Uint8Array,
  now: number,
): Promise<boolean> {
  const item = { pk: tenant, sk: version, v: 1, wrapped, createdAt: now };
  return putIf(table)(item, 'attribute_not_exists(pk)');
}

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { keyContext } from '../keys.ts';
import { dynamo, kms } from './clients.ts';

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
export async function storeKeyOnce(
  table: string,
  tenant: string,
  version: string,
  wrapped: Uint8Array,
  now: number,
): Promise<boolean> {
  try {
    await dynamo.send(
      new PutCommand({
        TableName: table,
        Item: { pk: tenant, sk: version, v: 1, wrapped, createdAt: now },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

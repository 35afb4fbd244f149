import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keysTable } from '../../core/table.ts';
import { makeFirstKeys } from '../../functions/keys/keys.ts';
import { vault } from '../../functions/vault.ts';
import { start } from '../support/clock.ts';
import { memorySealed } from '../support/memory-sealed.ts';
import { atEndpoint, credentials, region, startMiniStack } from './targets.ts';

const table = 'contract-keys';
let emulator: Awaited<ReturnType<typeof startMiniStack>>;
let masterKey = '';
let aws: Awaited<ReturnType<typeof load>>;

async function load() {
  const { storeKeyOnce, wrapNewKey } = await import('../../functions/aws/newkeys.ts');
  const { tenantKeys } = await import('../../functions/aws/keys.ts');
  return { storeKeyOnce, wrapNewKey, tenantKeys };
}

beforeAll(async () => {
  emulator = await startMiniStack();
  const options = { endpoint: emulator.endpoint, region, credentials };
  const { partitionKey, sortKey } = keysTable;
  await new DynamoDBClient(options).send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [partitionKey, sortKey].map((name) => ({
        AttributeName: name,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: partitionKey, KeyType: 'HASH' },
        { AttributeName: sortKey, KeyType: 'RANGE' },
      ],
    }),
  );
  const { KeyMetadata } = await new KMSClient(options).send(new CreateKeyCommand({}));
  masterKey = KeyMetadata?.KeyId ?? '';
  aws = await atEndpoint(emulator.endpoint, load);
});
afterAll(async () => await emulator?.stop());

const makeFirst = (tenant: string) =>
  makeFirstKeys({
    register: async () => {},
    wrap: (of, version) => aws.wrapNewKey(masterKey, of, version),
    storeOnce: (of, version, wrapped) => aws.storeKeyOnce(table, of, version, wrapped, start),
  })(tenant);

/** A container of its own: nothing cached. */
const container = (make?: (tenant: string) => Promise<void>) =>
  aws.tenantKeys({ table, masterKey, now: () => start, ...(make === undefined ? {} : { make }) });

describe('tenant keys on MiniStack', () => {
  it('a container asks for a tenant’s first keys, and every other container opens with them', async () => {
    const asking = container(async (tenant) => void (await makeFirst(tenant)));
    const { id, bytes } = await asking.sealingKey('acme');
    expect([id, bytes.length]).toEqual(['v1', 32]);
    expect(await container().openingKey('acme', 'v1')).toEqual({ id, bytes });
    expect((await container().dedupeKey('acme')).bytes).not.toEqual(bytes);
  });

  it('two callers at once make one of each', async () => {
    const made = await Promise.all([makeFirst('globex'), makeFirst('globex')]);
    expect(made.flat().sort()).toEqual(['dedupe', 'v1']);
    const [a, b] = await Promise.all([container().sealingKey('globex'), container().sealingKey('globex')]);
    expect(a).toEqual(b);
  });

  it('a value sealed for one tenant does not open with another’s key, whatever KMS would unwrap', async () => {
    await makeFirst('initech');
    await makeFirst('umbrella');
    const as = { tenant: 'initech', jobId: 'a-job', field: 'payload' } as const;
    const sealed = await vault(container(), memorySealed()).seal(Buffer.from('"secret"'), as);
    expect(await vault(container(), memorySealed()).open(sealed, as)).toBe('secret');
    const other = { ...as, tenant: 'umbrella' };
    await expect(vault(container(), memorySealed()).open(sealed, other)).rejects.toThrow();
  });

  it('a wrapped key moved to another tenant opens nothing', async () => {
    await makeFirst('hooli');
    const as = { tenant: 'hooli', jobId: 'a-job', field: 'payload' } as const;
    const sealed = await vault(container(), memorySealed()).seal(Buffer.from('"secret"'), as);
    const dynamo = new DynamoDBClient({ endpoint: emulator.endpoint, region, credentials });
    const { Item = {} } = await dynamo.send(
      new GetItemCommand({ TableName: table, Key: { pk: { S: 'hooli' }, sk: { S: 'v1' } } }),
    );
    await dynamo.send(new PutItemCommand({ TableName: table, Item: { ...Item, pk: { S: 'thief' } } }));
    await expect(
      vault(container(), memorySealed()).open(sealed, { ...as, tenant: 'thief' }),
    ).rejects.toThrow();
  });
});

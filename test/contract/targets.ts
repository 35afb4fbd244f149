import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import type { JobStore } from '../../core/change.ts';
import type { EffectsStore } from '../../core/once.ts';
import { jobsTable, type RecordKey } from '../../core/table.ts';
import type { DedupeStore } from '../../functions/enqueue/dedupe.ts';
import type { Checkpoints } from '../../functions/operate/checkpoints.ts';
import type { SealedStore } from '../../functions/vault.ts';
import type { Workflows } from '../../functions/workflows.ts';
import { startDynamoDbLocal, whatIsMissing } from '../../local/dynamodb-local.ts';
import { ensureEmulator, stopEmulator } from '../../local/emulator.ts';
import { statePaths } from '../../local/state.ts';
import { start } from '../support/clock.ts';
import { noFaults } from '../support/faults.ts';
import { memoryCheckpoints } from '../support/memory-checkpoints.ts';
import { memoryDedupe } from '../support/memory-dedupe.ts';
import { memoryEffects } from '../support/memory-effects.ts';
import { memorySealed } from '../support/memory-sealed.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryCursors } from '../support/memory-walk.ts';
import { memoryWorkflows } from '../support/memory-workflows.ts';
import { type Failing, failing } from './failing.ts';
import type { StreamUnderTest } from './stream-suite.ts';
import { tableStream } from './table-stream.ts';
import type { WalkUnderTest } from './walk-suite.ts';

/** The ports to the jobs table, all of one target. */
export interface Ports {
  jobs: JobStore;
  dedupe: DedupeStore;
  sealed: SealedStore;
  effects: EffectsStore;
  workflows: Workflows;
  checkpoints: Checkpoints;
  stream: Pick<StreamUnderTest, 'read' | 'expire'>;
  walk: Omit<WalkUnderTest, 'jobs'>;
  /** Of the calls that come next, the one with this number, from 1, fails: it does not arrive, or its answer is lost. */
  failCall: Failing['plan'];
  /** What writes took since it was last asked, as the store itself says; absent in memory. */
  writeUnits?: () => number;
}

/** Something that the suites run against. */
export interface Target {
  name: string;
  /** Why it cannot run on this machine. */
  missing?: string;
  objects: boolean;
  /** Is every write in the table's stream. */
  streams: boolean;
  /** Where it tells the truth about capacity, once it is open. */
  endpoint?: () => string;
  open(): Promise<Ports>;
  close(): Promise<void>;
}

export const tableName = 'contract-jobs';
const bucket = 'contract-data';
export const region = 'eu-west-1';
/** MiniStack and DynamoDB Local take any. */
export const credentials = { accessKeyId: 'contract', secretAccessKey: 'contract' };

export function inMemory(): Target {
  return {
    name: 'in memory',
    objects: true,
    streams: true,
    async open() {
      const calls = failing();
      const around = async <T>(_: string, __: number, perform: () => T) =>
        calls.around(async () => perform());
      const jobs = memoryStore({ ...noFaults(), around });
      const stream = {
        read: async (...keys: RecordKey[]) =>
          jobs.stream().filter(({ key }) => keys.some(({ pk, sk }) => key.pk === pk && key.sk === sk)),
        expire: async ({ sk }: RecordKey) => jobs.remove(sk),
      };
      const tenants = new Set<string>();
      const walk = {
        shards: jobs,
        cursors: memoryCursors(),
        tenants: {
          register: async (tenant: string) => void tenants.add(tenant),
          list: async () => [...tenants],
        },
      };
      return {
        ...{ jobs, failCall: calls.plan, stream, walk, dedupe: memoryDedupe(), sealed: memorySealed() },
        ...{ effects: memoryEffects(), workflows: memoryWorkflows(), checkpoints: memoryCheckpoints() },
      };
    },
    close: async () => {},
  };
}

export function onMiniStack(): Target {
  let emulator: { endpoint: string; stop(): Promise<void> } | undefined;
  return {
    name: 'MiniStack',
    objects: true,
    streams: false,
    async open() {
      emulator = await startMiniStack();
      await createTable(emulator.endpoint);
      const s3 = new S3Client({ endpoint: emulator.endpoint, region, credentials, forcePathStyle: true });
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      return await realPorts(emulator.endpoint);
    },
    close: async () => await emulator?.stop(),
  };
}

export async function onDynamoDbLocal(): Promise<Target> {
  let server: Awaited<ReturnType<typeof startDynamoDbLocal>> | undefined;
  const missing = await whatIsMissing();
  return {
    name: 'DynamoDB Local',
    objects: false,
    streams: true,
    ...(missing === undefined ? {} : { missing }),
    endpoint: () => server?.endpoint ?? '',
    async open() {
      server = await startDynamoDbLocal();
      await createTable(server.endpoint);
      return await realPorts(server.endpoint);
    },
    close: async () => await server?.stop(),
  };
}

/** A MiniStack of its own, in a folder of its own. */
export async function startMiniStack(): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'taskq-contract-'));
  const paths = statePaths(directory);
  const endpoint = await ensureEmulator(paths, {}, () => {});
  return {
    endpoint,
    async stop() {
      await stopEmulator(paths);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The clients of `functions/aws/` are made when first imported, and find their endpoint in the environment. */
export async function atEndpoint<T>(endpoint: string, load: () => Promise<T>): Promise<T> {
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
  vi.stubEnv('AWS_REGION', region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  vi.resetModules();
  return await load();
}

async function realPorts(endpoint: string): Promise<Ports> {
  return await atEndpoint(endpoint, async () => {
    const { jobStore } = await import('../../functions/aws/jobs.ts');
    const { dedupeStore } = await import('../../functions/aws/dedupe.ts');
    const { effectsStore } = await import('../../functions/aws/effects.ts');
    const { checkpointStore } = await import('../../functions/aws/checkpoints.ts');
    const { sealedStore } = await import('../../functions/aws/sealed.ts');
    const { listTenants, registerTenant } = await import('../../functions/aws/tenants.ts');
    const { workflowStore } = await import('../../functions/aws/workflows.ts');
    const { walkCursors, walkedShards } = await import('../../functions/aws/walk.ts');
    const { takeCalls } = await import('../../functions/aws/calls.ts');
    const { dynamo } = await import('../../functions/aws/clients.ts');
    const calls = failing();
    const send = dynamo.send.bind(dynamo) as (command: never) => Promise<unknown>;
    Object.assign(dynamo, { send: (command: never) => calls.around(() => send(command)) });
    return {
      jobs: jobStore(tableName, sleep, () => {}),
      failCall: calls.plan,
      dedupe: dedupeStore(tableName),
      sealed: sealedStore(tableName, bucket, () => start, sleep),
      effects: effectsStore(tableName, () => start, sleep),
      writeUnits: () => takeCalls().write_units,
      // In the jobs table here too: the keys of the control table are like its own.
      workflows: workflowStore(tableName, () => sleep(0)),
      checkpoints: checkpointStore(tableName, () => start, sleep),
      stream: tableStream({ endpoint, table: tableName, region, credentials }),
      // What the control table holds has keys of its own: here it lies beside the jobs.
      walk: {
        shards: walkedShards(tableName),
        cursors: walkCursors(tableName),
        tenants: {
          register: (tenant) => registerTenant(tableName, tenant, start),
          list: () => listTenants(tableName),
        },
      },
    };
  });
}

/** The jobs table as `core/table.ts` describes it. */
async function createTable(endpoint: string): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region, credentials });
  const { attentionIndex: index } = jobsTable;
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      AttributeDefinitions: [
        { AttributeName: jobsTable.partitionKey, AttributeType: 'S' },
        { AttributeName: jobsTable.sortKey, AttributeType: 'S' },
        { AttributeName: index.partitionKey, AttributeType: 'S' },
        { AttributeName: index.sortKey, AttributeType: 'N' },
      ],
      KeySchema: keySchema(jobsTable),
      GlobalSecondaryIndexes: [
        {
          IndexName: index.name,
          KeySchema: keySchema(index),
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...index.projects] },
        },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: tableName });
  client.destroy();
}

function keySchema({ partitionKey, sortKey }: { partitionKey: string; sortKey: string }) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
}

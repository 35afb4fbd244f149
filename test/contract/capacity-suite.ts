import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../core/change.ts';
import { claimChange } from '../../core/claim.ts';
import { metChange, packDependencies, watchChange } from '../../core/dependencies.ts';
import { reopenChange } from '../../core/manage.ts';
import { newRecord } from '../../core/newjob.ts';
import { placePayload, placeResult } from '../../core/placement.ts';
import { dueChange } from '../../core/release.ts';
import { renewChange } from '../../core/renew.ts';
import { attributeOf, recordOf, rowOf } from '../../core/row.ts';
import { settle } from '../../core/settle.ts';
import { itemSize, type JobRecord } from '../../core/table.ts';
import { aJob, aJobId, sealedBytes } from '../support/a-job.ts';
import { start } from '../support/clock.ts';
import { credentials, region, tableName } from './targets.ts';

/** A time with no zeros at its end, which DynamoDB would not store. */
const now = start + 7_123;
/** A caller with a role. With a trace and tags besides, the payload that fits is some 80 bytes smaller. */
const caller = {
  tenant: 'acme',
  createdBy: 'arn:aws:sts::000000000000:assumed-role/orders-service/orders-service-7f9c',
};
const message = {
  messageId: '5f4dcc3b-5aa7-4f1f-9a3e-0d2c8a417e03',
  sentAt: now,
  receiveCount: 1,
  quarantine: false,
};
const watched = { attention: 'due#07', attentionAt: now + 60_000, attentionStep: 0 };
const holder = { owner: 'aB3dE5gH7jK9', leaseMs: 65_000, codeVersion: '0.1.0-3f2a9c1' };

/**
 * True write units, from Amazon's own code: what a bulk job costs, and that `itemSize` counts as DynamoDB
 * does. DynamoDB Local says nothing about capacity for PartiQL, so each statement stands here as the single
 * write that AWS bills the same.
 */
export function describeCapacity(endpoint: () => string): void {
  let client: DynamoDBDocumentClient;
  beforeAll(() => {
    client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint: endpoint(), region, credentials }));
  });

  const put = async (item: object): Promise<number | undefined> => {
    const { ConsumedCapacity } = await client.send(
      new PutCommand({ TableName: tableName, Item: { ...item }, ReturnConsumedCapacity: 'TOTAL' }),
    );
    return ConsumedCapacity?.CapacityUnits;
  };

  const update = async (change: Change): Promise<{ units: number | undefined; record: JobRecord }> => {
    const { ConsumedCapacity, Attributes } = await client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: { pk: change.key.pk, sk: change.key.sk },
        ...asUpdate(change),
        ReturnValues: 'ALL_NEW',
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    return { units: ConsumedCapacity?.CapacityUnits, record: recordOf(Attributes ?? {}) };
  };

  describe('write units', () => {
    it('of a bulk job with 300 bytes of payload and a small result: 1 to insert, 1 to claim, 1 to settle', async () => {
      const draft = {
        type: 'csv.summarize',
        queue: 'default',
        long: false,
        priority: 4,
        availableAt: now,
        maxAttempts: 5,
        timeoutSeconds: 60,
        tags: [],
        payload: new Uint8Array(300),
      };
      const payload = sealedBytes(300);
      const record = newRecord(aJobId({ at: now }), draft, caller, payload, now);
      expect(placePayload(record, payload)).toBe('record');
      expect(await put(rowOf(record))).toBe(1);

      const claimed = await update(claimChange(record, message, holder, 10, now));
      expect(claimed.units).toBe(1);

      const result = sealedBytes(48);
      expect(placeResult({ ...claimed.record, result, finishedAt: now, expiresAt: now }, result)).toBe(
        'record',
      );
      const outcome = { kind: 'returned', result } as const;
      const settled = await update(settle(claimed.record, outcome, now + 1_234, 0.5).change);
      expect(settled.units).toBe(1);
      expect(settled.record.status).toBe('completed');
    });

    it('of a job of a long queue: 2 to insert, 1 to claim, 1 to renew, 3 to be looked at, 2 to complete; 3 to claim after a minute', async () => {
      const holding = { ...holder, leaseMs: 30_000, watches: true } as const;
      const record = aJob({ sk: aJobId({ at: now }), availableAt: now, ...watched });
      expect(await put(rowOf(record))).toBe(2);
      const claimed = await update(claimChange(record, message, holding, 1, now + 1_000));
      expect(claimed.units).toBe(1);
      expect((await update(renewChange(record, now + 11_000))).units).toBe(1);
      const decision = { do: 'postpone', to: now + 111_000 } as const;
      expect((await update(dueChange(record, decision))).units).toBe(3);
      const outcome = { kind: 'returned', result: sealedBytes(48) } as const;
      expect((await update(settle(claimed.record, outcome, now + 99_000, 0.5).change)).units).toBe(2);

      const late = aJob({ sk: aJobId({ at: now }), availableAt: now, ...watched });
      await put(rowOf(late));
      expect((await update(claimChange(late, message, holding, 1, now + 61_000))).units).toBe(3);
    });

    it('of a job that waits for ten: 2 to insert, 1 at each of them, 3 to hand it over, 1 to claim, 2 to complete', async () => {
      const ids = Array.from({ length: 10 }, () => aJobId({ at: now }));
      const on = ids.map((id) => ({ id, onFailure: 'cancel' as const }));
      const dependencies = packDependencies(on, 0);
      const record = aJob({ status: 'waiting_dependencies', dependencies, ...watched });
      expect(await put(rowOf(record))).toBe(2);

      const awaited = aJob({ status: 'running' });
      await put(rowOf(awaited));
      const noted = watchChange(awaited, [record.sk]);
      if (noted === undefined) throw new Error('there was no room');
      expect((await update(noted)).units).toBe(1);

      expect((await update(metChange(record, now + 1_000))).units).toBe(3);
      const claimed = await update(claimChange(record, message, holder, 10, now + 2_000));
      expect(claimed.units).toBe(1);
      const outcome = { kind: 'returned', result: sealedBytes(48) } as const;
      expect((await update(settle(claimed.record, outcome, now + 3_000, 0.5).change)).units).toBe(2);
    });

    it('of a retried job: 3 to reopen it, two of them the index’s, 1 to claim, 2 to complete', async () => {
      const failed = aJob({
        status: 'failed',
        fingerprint: '57d20ae1b6927b3b',
        tags: ['import'],
        attentionAt: now,
      });
      expect(await put(rowOf(failed))).toBe(2);
      const reopened = await update(reopenChange(failed, undefined, now + 1_000));
      expect(reopened.units).toBe(3);
      const claimed = await update(claimChange(failed, message, holder, 10, now + 2_000));
      expect(claimed.units).toBe(1);
      const outcome = { kind: 'returned', result: sealedBytes(48) } as const;
      expect((await update(settle(claimed.record, outcome, now + 3_000, 0.5).change)).units).toBe(2);
    });

    for (const [bytes, units] of [
      [1_000, 1],
      [1_024, 1],
      [1_025, 2],
      [2_048, 2],
      [2_049, 3],
    ] as const) {
      it(`of a record whose itemSize is ${bytes}: ${units}`, async () => {
        const record = recordOfSize(bytes);
        expect(itemSize(rowOf(record))).toBe(bytes);
        expect(await put(rowOf(record))).toBe(units);
      });
    }
  });
}

/** A running job with a list, a map, bytes and every kind of number it can have, filled up to a size. */
function recordOfSize(bytes: number): JobRecord {
  const record = aJob({
    status: 'running',
    tags: ['a', 'grün'],
    createdBy: '',
    availableAt: now,
    startedAt: now,
    fence: 12,
    attempt: 3,
    lastError: { code: 'network', cause: 'transient_error', attempt: 2, at: now },
  });
  return { ...record, createdBy: 'x'.repeat(bytes - itemSize(rowOf(record))) };
}

/** The change as one UpdateItem, without its condition: what it writes is what it costs. */
function asUpdate({ set, add = {}, remove = [] }: Change) {
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const sets: string[] = [];
  for (const [name, value] of Object.entries(set)) {
    names[`#${name}`] = name;
    values[`:${name}`] = attributeOf(value);
    sets.push(`#${name} = :${name}`);
  }
  for (const [name, amount] of Object.entries(add)) {
    names[`#${name}`] = name;
    values[`:${name}`] = amount;
    sets.push(`#${name} = #${name} + :${name}`);
  }
  for (const name of remove) names[`#${name}`] = name;
  const removes = remove.length === 0 ? '' : ` REMOVE ${remove.map((name) => `#${name}`).join(', ')}`;
  return {
    UpdateExpression: `SET ${sets.join(', ')}${removes}`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}

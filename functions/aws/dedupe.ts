import { isDeepStrictEqual } from 'node:util';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { DedupeItem } from '../../core/dedupe.ts';
import type { RecordKey } from '../../core/table.ts';
import type { DedupeStore } from '../enqueue/dedupe.ts';
import { dynamo } from './clients.ts';
import { putIf } from './conditional.ts';

/** Idempotency items in the jobs table. */
export function dedupeStore(table: string): DedupeStore {
  const put = putIf(table);
  const get = async ({ pk, sk }: RecordKey): Promise<DedupeItem | undefined> =>
    (await dynamo.send(new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }))).Item as
      | DedupeItem
      | undefined;
  return {
    async hold(item, now) {
      // TTL deletes days late: an expired key is free at once.
      const isFree = 'attribute_not_exists(pk) OR expiresAt <= :now';
      const isHeld = await put({ ...item }, isFree, { ':now': Math.floor(now / 1000) });
      return isHeld ? undefined : get(item);
    },
    async find(key, now) {
      const item = await get(key);
      return item !== undefined && item.expiresAt > Math.floor(now / 1000) ? item : undefined;
    },
    async replace(item) {
      if (await put({ ...item }, 'revision = :seen', { ':seen': item.revision - 1 })) return true;
      // An earlier send of this very write, its answer lost, has left just what it says.
      return isDeepStrictEqual(await get(item), item);
    },
  };
}

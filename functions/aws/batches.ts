import { BatchGetCommand, BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { RecordKey } from '../../core/table.ts';
import { dynamo } from './clients.ts';

/** BatchGetItem takes 100 keys. */
const getChunk = 100;
/** BatchWriteItem takes 25 items. */
const putChunk = 25;
const tries = 5;

type Item = Record<string, unknown>;
type Sleep = (ms: number) => Promise<void>;

/**
 * Items of a table in the order of their keys, read consistently; `undefined` where none stands. A key may be named
 * more than once. Throws when DynamoDB leaves some unread after five tries.
 */
export async function readAll(
  table: string,
  keys: readonly RecordKey[],
  sleep: Sleep,
): Promise<(Item | undefined)[]> {
  const found = new Map<string, Item>();
  await inChunks(table, unique(keys), getChunk, 'unread', sleep, async (open) => {
    const { Responses, UnprocessedKeys } = await dynamo.send(
      new BatchGetCommand({
        RequestItems: { [table]: { Keys: open.map(({ pk, sk }) => ({ pk, sk })), ConsistentRead: true } },
      }),
    );
    for (const item of Responses?.[table] ?? []) found.set(nameOf(item), item);
    return (UnprocessedKeys?.[table]?.Keys ?? []) as RecordKey[];
  });
  return keys.map((key) => found.get(nameOf(key)));
}

/**
 * Puts items over whatever stands there; of two with one key, the later. Throws when DynamoDB leaves some unwritten after
 * five tries.
 */
export function putAll(table: string, items: readonly Item[], sleep: Sleep): Promise<void> {
  return inChunks(table, unique(items), putChunk, 'unwritten', sleep, async (open) => {
    const { UnprocessedItems } = await dynamo.send(
      new BatchWriteCommand({
        RequestItems: { [table]: open.map((Item) => ({ PutRequest: { Item } })) },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    return (UnprocessedItems?.[table] ?? []).map(({ PutRequest }) => PutRequest?.Item as Item);
  });
}

/** The last of each key: DynamoDB refuses a batch that names one twice. */
function unique<T extends Partial<RecordKey>>(all: readonly T[]): T[] {
  return [...new Map(all.map((each) => [nameOf(each), each])).values()];
}

function nameOf({ pk, sk }: Partial<RecordKey>): string {
  return `${pk}/${sk}`;
}

/**
 * Sends chunk by chunk, and again what DynamoDB leaves of one within an answer of 200: under load, or because the answer
 * would be too large.
 */
async function inChunks<T>(
  table: string,
  all: readonly T[],
  size: number,
  left: 'unread' | 'unwritten',
  sleep: Sleep,
  send: (open: readonly T[]) => Promise<T[]>,
): Promise<void> {
  for (let start = 0; start < all.length; start += size) {
    let open: readonly T[] = all.slice(start, start + size);
    for (let attempt = 0; open.length > 0; attempt++) {
      if (attempt === tries)
        throw new Error(
          `DynamoDB left ${open.length} of ${all.length} items ${left} after ${tries} tries; it does not say why. Repeat it; if that does not help, look at the throttled requests of table ${table}`,
        );
      if (attempt > 0) await sleep(25 * 2 ** attempt);
      open = await send(open);
    }
  }
}

import { ChangeMessageVisibilityBatchCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { encodePointer } from '../../core/pointer.ts';
import { type Delivery, type Hiding, type Lanes, type LaneUrls, urlOfLane } from '../lanes.ts';
import { sqs } from './clients.ts';

/** SendMessageBatch and ChangeMessageVisibilityBatch take 10 entries. */
const batchSize = 10;

/**
 * The lanes as SQS queues: pointers that go into one lane share calls of 10. A call that fails, and a lane
 * that is not deployed (any more), concern their own pointers alone: those are not accepted.
 */
export function sqsLanes(urls: LaneUrls, onError: (message: string, error: unknown) => void): Lanes {
  return {
    async deliver(deliveries) {
      const accepted: boolean[] = new Array(deliveries.length).fill(false);
      const calls = groups(deliveries, (each) => urlOfLane(urls, each.queue, each.lane) ?? '').map(
        ([url, indexes]) =>
          sendBatch(url, deliveries, indexes, accepted).catch((error: unknown) =>
            onError('pointers could not be sent', error),
          ),
      );
      await Promise.all(calls);
      return accepted;
    },
    async hide(hidings) {
      await Promise.all(
        groups(hidings, (each) => each.queueUrl).map(([url, indexes]) => hideBatch(url, hidings, indexes)),
      );
    },
  };
}

/** Indexes by their queue's URL, at most 10 a group. */
function groups<T>(items: readonly T[], urlFor: (item: T) => string): [string, number[]][] {
  const full: [string, number[]][] = [];
  const open = new Map<string, number[]>();
  for (const [index, item] of items.entries()) {
    const url = urlFor(item);
    const group = open.get(url);
    if (group !== undefined && group.length < batchSize) {
      group.push(index);
      continue;
    }
    const fresh = [index];
    open.set(url, fresh);
    full.push([url, fresh]);
  }
  return full;
}

async function sendBatch(
  url: string,
  deliveries: readonly Delivery[],
  indexes: number[],
  accepted: boolean[],
): Promise<void> {
  if (url === '') {
    const { queue, lane } = deliveries[indexes[0] ?? 0] as Delivery;
    throw new Error(`no lane "${lane}" of queue "${queue}" is deployed`);
  }
  const { Successful = [] } = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: url,
      Entries: indexes.map((index) => {
        const { pointer, delaySeconds } = deliveries[index] as Delivery;
        return {
          Id: String(index),
          MessageBody: encodePointer(pointer),
          DelaySeconds: delaySeconds,
          // A fair queue: a tenant with a long backlog does not delay the others.
          MessageGroupId: pointer.tenant,
        };
      }),
    }),
  );
  for (const { Id } of Successful) accepted[Number(Id)] = true;
}

/** Best effort: a message that could not be hidden comes back with its lane's visibility, later than it might. */
async function hideBatch(url: string, hidings: readonly Hiding[], indexes: number[]): Promise<void> {
  await sqs.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: url,
      Entries: indexes.map((index) => {
        const { receiptHandle, seconds } = hidings[index] as Hiding;
        return { Id: String(index), ReceiptHandle: receiptHandle, VisibilityTimeout: seconds };
      }),
    }),
  );
}

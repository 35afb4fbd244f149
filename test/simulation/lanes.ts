import type { SQSRecord } from 'aws-lambda';
import { type Lane, lanes, maxReceiveCount } from '../../core/lane.ts';
import { encodePointer } from '../../core/pointer.ts';
import type { Delivery, Hiding } from '../../functions/lanes.ts';
import { between, type Random } from './random.ts';

export type QueueName = Lane | 'dead';

interface Message {
  messageId: string;
  body: string;
  sentAt: number;
  visibleAt: number;
  receives: number;
  /** Changes with every receive: an old handle hides and deletes nothing. */
  receipt: string;
}

/** SQS on a virtual clock: delays, visibility, receive counts, the dead-letter queue; orders and duplicates as it likes. */
export interface SimulatedLanes {
  deliver: (deliveries: readonly Delivery[], now: number) => boolean[];
  hide: (hidings: readonly Hiding[], now: number) => void;
  receive: (queue: QueueName, most: number, visibilityMs: number, now: number) => SQSRecord[];
  remove: (queue: QueueName, receipts: readonly string[]) => void;
  /** Bodies of all messages, wherever they are. */
  bodies: () => string[];
  /** How often messages came, went or moved. */
  changes: () => number;
  /** Messages of a queue that are to be seen by then. */
  count: (queue: QueueName, by: number) => number;
}

export function simulateLanes(random: Random, duplicates: () => number): SimulatedLanes {
  const queues = new Map<QueueName, Message[]>([...lanes, 'dead' as const].map((name) => [name, []]));
  const of = (name: QueueName): Message[] => queues.get(name) as Message[];
  let counter = 0;
  let removals = 0;

  const add = (name: QueueName, body: string, delaySeconds: number, now: number): void => {
    counter++;
    of(name).push({
      messageId: `m${counter}`,
      body,
      sentAt: now,
      visibleAt: now + delaySeconds * 1000,
      receives: 0,
      receipt: '',
    });
  };

  return {
    deliver(deliveries, now) {
      for (const { lane, pointer, delaySeconds } of deliveries) {
        add(lane, encodePointer(pointer), delaySeconds, now);
        if (random() < duplicates())
          add(lane, encodePointer(pointer), delaySeconds + between(random, 0, 90), now);
      }
      return deliveries.map(() => true);
    },
    hide(hidings, now) {
      for (const { queueUrl, receiptHandle, seconds } of hidings) {
        const message = of(nameOf(queueUrl)).find((each) => each.receipt === receiptHandle);
        if (message !== undefined) message.visibleAt = now + seconds * 1000;
      }
    },
    receive(name, most, visibilityMs, now) {
      const queue = of(name);
      const visible = queue.filter((each) => each.visibleAt <= now);
      const taken: Message[] = [];
      while (taken.length < most && visible.length > 0) {
        const [message] = visible.splice(between(random, 0, visible.length - 1), 1) as [Message];
        message.receives++;
        if (name !== 'dead' && message.receives > maxReceiveCount) {
          queue.splice(queue.indexOf(message), 1);
          of('dead').push({ ...message, visibleAt: now });
          continue;
        }
        // At least once: now and then a message is seen again although it is held.
        message.visibleAt =
          now + (random() < duplicates() / 3 ? between(random, 0, visibilityMs) : visibilityMs);
        message.receipt = `${message.messageId}/${message.receives}/${name}`;
        taken.push(message);
      }
      return taken.map((message) => recordOf(name, message));
    },
    remove(name, receipts) {
      removals++;
      queues.set(
        name,
        of(name).filter((each) => !receipts.includes(each.receipt)),
      );
    },
    bodies: () => [...queues.values()].flat().map((each) => each.body),
    changes: () => counter + removals,
    count: (name, by) => of(name).filter((each) => each.visibleAt <= by).length,
  };
}

export const arnOf = (name: QueueName): string => `arn:aws:sqs:local:0:${name}`;
export const urlOf = (name: QueueName): string => `https://sqs/${name}`;
const nameOf = (url: string): QueueName => url.slice('https://sqs/'.length) as QueueName;

function recordOf(name: QueueName, { messageId, receipt, body, sentAt, receives }: Message): SQSRecord {
  return {
    messageId,
    receiptHandle: receipt,
    body,
    eventSourceARN: arnOf(name),
    eventSource: 'aws:sqs',
    awsRegion: 'local',
    md5OfBody: '',
    messageAttributes: {},
    attributes: {
      SentTimestamp: String(sentAt),
      ApproximateReceiveCount: String(receives),
      SenderId: '',
      ApproximateFirstReceiveTimestamp: String(sentAt),
    },
  };
}

import type { SQSRecord } from 'aws-lambda';
import { type Lane, lanes, maxReceiveCount } from '../../core/lane.ts';
import { encodePointer } from '../../core/pointer.ts';
import type { Delivery, Hiding } from '../../functions/lanes.ts';
import { fails, recordOf } from '../support/memory-lanes.ts';
import { memorySqs } from '../support/memory-sqs.ts';
import { between, type Random } from './random.ts';

export type QueueName = Lane | 'dead';

/** The lanes of a history: SQS in memory that reorders, duplicates and forgets as it likes. */
export interface SimulatedLanes {
  deliver: (deliveries: readonly Delivery[]) => boolean[];
  hide: (hidings: readonly Hiding[]) => void;
  receive: (queue: QueueName, most: number, visibilityMs: number) => SQSRecord[];
  remove: (queue: QueueName, receipts: readonly string[]) => void;
  /** Bodies of all messages, wherever they are. */
  bodies: () => string[];
  /** How often messages came, went or moved. */
  changes: () => number;
  /** Messages of a queue that can be received. */
  count: (queue: QueueName) => number;
}

interface LaneFaults {
  /** The chance that a pointer is there twice, and a third of it that a held message is seen again. */
  duplicates: () => number;
  /** Messages in flight that a lane allows. */
  inFlightLimit?: number;
}

export function simulateLanes(
  now: () => number,
  random: Random,
  { duplicates, inFlightLimit = 120_000 }: LaneFaults,
): SimulatedLanes {
  const redrive = { deadLetterQueue: 'dead', maxReceiveCount };
  const declared = Object.fromEntries(
    lanes.map((lane) => [lane, { visibilitySeconds: 75, redrive, inFlightLimit }]),
  );
  const sqs = memorySqs(
    now,
    { ...declared, dead: { visibilitySeconds: 75 } },
    {
      random,
      seenTwice: () => random() < duplicates() / 3,
      oldHandleWorks: () => random() < 0.5,
    },
  );

  return {
    deliver(deliveries) {
      for (const { lane, pointer, delaySeconds } of deliveries) {
        const entry = { body: encodePointer(pointer), group: pointer.tenant };
        sqs.send(lane, [{ ...entry, delaySeconds }]);
        // Sent again by the SDK, its first answer lost: another message.
        if (random() < duplicates())
          sqs.send(lane, [{ ...entry, delaySeconds: Math.min(900, delaySeconds + between(random, 0, 90)) }]);
      }
      return deliveries.map(() => true);
    },
    hide(hidings) {
      for (const { queueUrl, receiptHandle, seconds } of hidings)
        fails(() => sqs.changeVisibility(laneOf(queueUrl), receiptHandle, seconds));
    },
    receive: (name, most, visibilityMs) =>
      sqs.receive(name, most, 'long', visibilityMs / 1000).map((each) => recordOf(name, each)),
    remove(name, receipts) {
      for (const receipt of receipts) sqs.remove(name, receipt);
    },
    bodies: () => sqs.all().map((each) => each.body),
    changes: sqs.changes,
    count: sqs.visible,
  };
}

export const urlOf = (name: QueueName): string => `https://sqs.test/000000000000/default-${name}`;
const laneOf = (url: string): string => url.slice(url.lastIndexOf('-') + 1);

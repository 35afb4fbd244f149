import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { lanes as laneNames, maxReceiveCount } from '../../core/lane.ts';
import { encodePointer } from '../../core/pointer.ts';
import type { LaneDepth, Lanes, LaneUrls } from '../../functions/lanes.ts';
import type { Clock } from './clock.ts';
import { type Faults, noFaults } from './faults.ts';
import { memorySqs } from './memory-sqs.ts';
import { SqsError, type SqsMessage } from './sqs-model.ts';

/** The lanes of queue `default` on SQS in memory and a clock that tests move; held to the same suite as SQS. */
export interface MemoryLanes extends Lanes {
  urls: LaneUrls;
  depth: LaneDepth;
  /** The next so many pointers are not accepted. */
  refuse(count: number): void;
  /** Puts any text into a lane. */
  put(lane: string, body: string): void;
  /** Up to 10 messages that can be seen now, as Lambda is given them. `dead` is the dead-letter queue. */
  receive(lane: string): SQSRecord[];
  /** What Lambda's mapping does with the answer of its function: what the answer does not name is gone. */
  finish(records: readonly SQSRecord[], answer: SQSBatchResponse): void;
  /** Messages of a lane, seen or not, with the seconds until each can be seen. */
  waiting(lane: string): { job: string; inSeconds: number }[];
}

interface LanesOptions {
  /** A lane's visibility, in seconds. */
  secondsOf?: (lane: string) => number;
  /** Receives before a message is dead. */
  receives?: number;
  faults?: Faults;
}

const dead = 'dead';
const account = 'eu-west-1:000000000000';
const urlOf = (lane: string) => `https://sqs.test/000000000000/default-${lane}`;
const laneOf = (url: string) => url.slice(url.lastIndexOf('-') + 1);

export function memoryLanes(
  clock: Pick<Clock, 'now'>,
  { secondsOf = () => 75, receives = maxReceiveCount, faults = noFaults() }: LanesOptions = {},
): MemoryLanes {
  let refusals = 0;
  const redrive = { deadLetterQueue: dead, maxReceiveCount: receives };
  const queues = [...laneNames, dead].map((lane) => [
    lane,
    { visibilitySeconds: secondsOf(lane), ...(lane === dead ? {} : { redrive }) },
  ]);
  const sqs = memorySqs(clock.now, Object.fromEntries(queues), { entryRefused: () => refusals-- > 0 });

  return {
    urls: { default: Object.fromEntries(laneNames.map((lane) => [lane, urlOf(lane)])) },
    refuse: (count) => {
      refusals = count;
    },
    put: (lane, body) => void sqs.send(lane, [{ body }]),
    deliver: (deliveries) =>
      deliveries.length === 0
        ? Promise.resolve([])
        : faults.around('deliver', deliveries.length, () =>
            deliveries.map(({ queue, lane, pointer, delaySeconds }) => {
              if (queue !== 'default') return false;
              const entry = { body: encodePointer(pointer), group: pointer.tenant, delaySeconds };
              return sqs.send(lane, [entry]).every((each) => 'messageId' in each);
            }),
          ),
    hide: (hidings) =>
      faults.around('hide', hidings.length, () => {
        for (const { queueUrl, receiptHandle, seconds } of hidings)
          fails(() => sqs.changeVisibility(laneOf(queueUrl), receiptHandle, seconds));
      }),
    depth: (_, lane) => faults.around('depth', 1, () => sqs.visible(lane)),
    receive: (lane) => sqs.receive(lane, 10, 'long').map((each) => recordOf(lane, each)),
    finish(records, { batchItemFailures }) {
      const stay = batchItemFailures.map((each) => each.itemIdentifier);
      const unknown = stay.find((id) => !records.some((each) => each.messageId === id));
      if (unknown !== undefined) throw new Error(`the answer names "${unknown}", which was not in the batch`);
      for (const { messageId, receiptHandle, eventSourceARN } of records)
        if (!stay.includes(messageId)) sqs.remove(laneOf(eventSourceARN), receiptHandle);
    },
    waiting: (lane) =>
      sqs
        .all()
        .filter((each) => each.queue === lane)
        .map(({ body, visibleAt }) => ({
          job: JSON.parse(body).job,
          inSeconds: Math.max(0, (visibleAt - clock.now()) / 1000),
        })),
  };
}

/** One entry of a ChangeMessageVisibilityBatch: what is refused concerns no other entry, and the port tells nobody. */
export function fails(change: () => void): boolean {
  try {
    change();
    return false;
  } catch (error) {
    if (error instanceof SqsError) return true;
    throw error;
  }
}

/** What Lambda's mapping gives its function. */
export function recordOf(lane: string, message: SqsMessage): SQSRecord {
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: 'test',
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
      ...(message.group === undefined ? {} : { MessageGroupId: message.group }),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${account}:default-${lane}`,
    awsRegion: 'eu-west-1',
  };
}

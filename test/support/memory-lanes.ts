import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { lanes as laneNames, maxReceiveCount } from '../../core/lane.ts';
import { encodePointer } from '../../core/pointer.ts';
import type { LaneUrls } from '../../core/wiring.ts';
import type { Lanes } from '../../functions/lanes.ts';
import type { Clock } from './clock.ts';
import { type Faults, noFaults } from './faults.ts';

/** The lanes of queue `default` in memory, on a clock that tests move; held to the same suite as SQS. */
export interface MemoryLanes extends Lanes {
  urls: LaneUrls;
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

interface Message {
  messageId: string;
  lane: string;
  body: string;
  group: string;
  sentAt: number;
  visibleAt: number;
  receives: number;
}

const account = 'eu-west-1:000000000000';
const urlOf = (lane: string) => `https://sqs.test/000000000000/default-${lane}`;
const laneOf = (url: string) => url.slice(url.lastIndexOf('-') + 1);

export function memoryLanes(
  clock: Pick<Clock, 'now'>,
  { secondsOf = () => 75, receives = maxReceiveCount, faults = noFaults() }: LanesOptions = {},
): MemoryLanes {
  let messages: Message[] = [];
  let sent = 0;
  let refusals = 0;

  const add = (lane: string, body: string, group: string, delaySeconds: number): void => {
    const sentAt = clock.now();
    const visibleAt = sentAt + delaySeconds * 1000;
    sent++;
    messages.push({ messageId: `message-${sent}`, lane, body, group, sentAt, visibleAt, receives: 0 });
  };

  /** A message received too often moves when it would be received once more. */
  const buryWorn = (lane: string): void => {
    for (const each of messages) {
      if (each.lane === lane && lane !== 'dead' && each.visibleAt <= clock.now() && each.receives >= receives)
        each.lane = 'dead';
    }
  };

  const held = (receiptHandle: string) => messages.find((each) => handleOf(each) === receiptHandle);

  return {
    urls: { default: Object.fromEntries(laneNames.map((lane) => [lane, urlOf(lane)])) },
    refuse: (count) => {
      refusals = count;
    },
    put: (lane, body) => add(lane, body, 'none', 0),
    deliver: (deliveries) =>
      deliveries.length === 0
        ? Promise.resolve([])
        : faults.around('deliver', deliveries.length, () =>
            deliveries.map(({ queue, lane, pointer, delaySeconds }) => {
              if (queue !== 'default') return false;
              if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > 900)
                throw new Error(`SQS refuses a delay of ${delaySeconds} s`);
              if (refusals > 0) {
                refusals--;
                return false;
              }
              add(lane, encodePointer(pointer), pointer.tenant, delaySeconds);
              return true;
            }),
          ),
    hide: (hidings) =>
      faults.around('hide', hidings.length, () => {
        for (const { queueUrl, receiptHandle, seconds } of hidings) {
          const message = held(receiptHandle);
          if (message?.lane === laneOf(queueUrl)) message.visibleAt = clock.now() + seconds * 1000;
        }
      }),
    receive(lane) {
      buryWorn(lane);
      const seen = messages
        .filter((each) => each.lane === lane && each.visibleAt <= clock.now())
        .slice(0, 10);
      for (const each of seen) {
        each.receives++;
        each.visibleAt = clock.now() + secondsOf(lane) * 1000;
      }
      return seen.map(recordOf);
    },
    finish(records, { batchItemFailures }) {
      const stay = batchItemFailures.map((each) => each.itemIdentifier);
      const unknown = stay.find((id) => !records.some((each) => each.messageId === id));
      if (unknown !== undefined) throw new Error(`the answer names "${unknown}", which was not in the batch`);
      const gone = records.filter((each) => !stay.includes(each.messageId)).map((each) => each.receiptHandle);
      messages = messages.filter((each) => !gone.includes(handleOf(each)));
    },
    waiting: (lane) =>
      messages
        .filter((each) => each.lane === lane)
        .map((each) => ({
          job: JSON.parse(each.body).job,
          inSeconds: Math.max(0, (each.visibleAt - clock.now()) / 1000),
        })),
  };
}

/** Another one for every receive: that of an earlier receive hides and deletes nothing. */
function handleOf({ messageId, receives }: Message): string {
  return `${messageId}/${receives}`;
}

function recordOf(message: Message): SQSRecord {
  return {
    messageId: message.messageId,
    receiptHandle: handleOf(message),
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receives),
      SentTimestamp: String(message.sentAt),
      SenderId: 'test',
      ApproximateFirstReceiveTimestamp: String(message.sentAt),
      MessageGroupId: message.group,
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${account}:default-${message.lane}`,
    awsRegion: 'eu-west-1',
  };
}

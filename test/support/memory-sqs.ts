import { popHeap, pushHeap } from './heap.ts';
import { type MemorySqs, SqsError, type SqsMessage, type SqsMoods, type SqsQueue } from './sqs-model.ts';

interface Message {
  id: string;
  queue: string;
  body: string;
  group?: string;
  sentAt: number;
  visibleAt: number;
  firstReceivedAt: number;
  receives: number;
  inFlight: boolean;
  /** Rises whenever `visibleAt` changes: what the heap holds for an earlier turn is void. */
  turn: number;
}

interface Hidden {
  at: number;
  order: number;
  turn: number;
  message: Message;
}

interface Queue extends SqsQueue {
  /** Visible messages. */
  ready: Message[];
  hidden: Hidden[];
  inFlight: number;
}

const sooner = (a: Hidden, b: Hidden) => a.at < b.at || (a.at === b.at && a.order < b.order);

const maxBatchEntries = 10;
const maxBatchBytes = 1_048_576;
const maxDelaySeconds = 900;
const maxVisibilitySeconds = 43_200;
const defaultRetentionSeconds = 14 * 86_400;
const defaultInFlightLimit = 120_000;

/**
 * SQS standard queues in memory, on a clock that is given: what AWS documents for SendMessageBatch,
 * ReceiveMessage, DeleteMessage and ChangeMessageVisibility (SQS API reference; quotas of the developer guide).
 * The one model of SQS that tests and simulation build on; test/contract/sqs-suite.ts holds it to SQS.
 */
export function memorySqs(
  now: () => number,
  declared: Readonly<Record<string, SqsQueue>>,
  { random, seenTwice, oldHandleWorks, entryRefused }: SqsMoods = {},
): MemorySqs {
  const queues = new Map<string, Queue>(
    Object.entries(declared).map(([name, queue]) => [name, { ...queue, ready: [], hidden: [], inFlight: 0 }]),
  );
  /** In the order in which they were sent, which is the order in which they expire. */
  const messages = new Map<string, Message>();
  let sent = 0;
  let hidings = 0;
  let changes = 0;

  const queueNamed = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new SqsError('QueueDoesNotExist', `there is no queue "${name}"`);
    expire();
    show(queue);
    return queue;
  };

  const hide = (queue: Queue, message: Message, until: number): void => {
    message.visibleAt = until;
    message.turn++;
    pushHeap(queue.hidden, { at: until, order: hidings++, turn: message.turn, message }, sooner);
  };

  /** Whose time has come can be received again. */
  const show = (queue: Queue): void => {
    for (let next = queue.hidden[0]; next !== undefined && next.at <= now(); next = queue.hidden[0]) {
      popHeap(queue.hidden, sooner);
      if (next.turn !== next.message.turn) continue;
      land(queue, next.message);
      queue.ready.push(next.message);
    }
  };

  const land = (queue: Queue, message: Message): void => {
    if (message.inFlight) queue.inFlight--;
    message.inFlight = false;
  };

  const drop = (message: Message): void => {
    const queue = queues.get(message.queue) as Queue;
    const index = queue.ready.indexOf(message);
    if (index >= 0) queue.ready.splice(index, 1);
    land(queue, message);
    message.turn++;
    messages.delete(message.id);
    changes++;
  };

  /** Retention counts from the first send, in a dead-letter queue too (SQS developer guide, dead-letter queues). */
  const expire = (): void => {
    for (const message of messages.values()) {
      const { retentionSeconds = defaultRetentionSeconds } = queues.get(message.queue) as Queue;
      if (message.sentAt + retentionSeconds * 1000 > now()) return;
      drop(message);
    }
  };

  const take = (queue: Queue): Message | undefined =>
    random === undefined
      ? queue.ready.shift()
      : queue.ready.splice(Math.floor(random() * queue.ready.length), 1)[0];

  /** The message of a handle of this queue, if it is there and the handle is the last one, or works all the same. */
  const held = (name: string, receiptHandle: string): Message | undefined => {
    const [queue, id = '', receives] = receiptHandle.split('/');
    if (queue !== name || receives === undefined)
      throw new SqsError('ReceiptHandleIsInvalid', `"${receiptHandle}" is no handle of queue "${name}"`);
    const message = messages.get(id);
    if (message?.queue !== name) return undefined;
    return message.receives === Number(receives) || oldHandleWorks?.() === true ? message : undefined;
  };

  const receiveOne = (queue: Queue, visibilityMs: number): Message | undefined => {
    for (let message = take(queue); message !== undefined; message = take(queue)) {
      const { redrive } = queue;
      if (redrive !== undefined && message.receives >= redrive.maxReceiveCount) {
        message.queue = redrive.deadLetterQueue;
        hide(queueNamed(redrive.deadLetterQueue), message, now());
        changes++;
        continue;
      }
      message.receives++;
      if (message.receives === 1) message.firstReceivedAt = now();
      message.inFlight = true;
      queue.inFlight++;
      const shownAgain = seenTwice?.() === true && random !== undefined;
      hide(queue, message, now() + (shownAgain ? Math.floor(random() * visibilityMs) : visibilityMs));
      return message;
    }
    return undefined;
  };

  return {
    send(name, entries) {
      queueNamed(name);
      if (entries.length === 0) throw new SqsError('EmptyBatchRequest', 'a batch has at least 1 entry');
      if (entries.length > maxBatchEntries)
        throw new SqsError('TooManyEntriesInBatchRequest', `${entries.length} entries; at most 10`);
      const bytes = entries.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
      if (bytes > maxBatchBytes)
        throw new SqsError('BatchRequestTooLong', `${bytes} bytes; at most 1,048,576 in all`);
      return entries.map(({ body, group, delaySeconds = 0 }) => {
        if (entryRefused?.() === true) return { code: 'InternalError' };
        if (!isWhole(delaySeconds, maxDelaySeconds)) return { code: 'InvalidParameterValue' };
        sent++;
        changes++;
        const id = `message-${sent}`;
        const message: Message = {
          id,
          queue: name,
          body,
          sentAt: now(),
          visibleAt: 0,
          firstReceivedAt: 0,
          receives: 0,
          inFlight: false,
          turn: 0,
          ...(group === undefined ? {} : { group }),
        };
        messages.set(id, message);
        hide(queues.get(name) as Queue, message, now() + delaySeconds * 1000);
        return { messageId: id };
      });
    },
    receive(name, most, poll = 'short', visibilitySeconds) {
      const queue = queueNamed(name);
      const { inFlightLimit = defaultInFlightLimit } = queue;
      const visibilityMs = (visibilitySeconds ?? queue.visibilitySeconds) * 1000;
      if (queue.inFlight >= inFlightLimit && poll === 'short')
        throw new SqsError('OverLimit', `${queue.inFlight} messages of "${name}" are in flight`);
      const seen: SqsMessage[] = [];
      while (seen.length < most && queue.inFlight < inFlightLimit) {
        const message = receiveOne(queue, visibilityMs);
        if (message === undefined) break;
        seen.push(seenAs(message));
      }
      return seen;
    },
    remove(name, receiptHandle) {
      queueNamed(name);
      const message = held(name, receiptHandle);
      if (message !== undefined) drop(message);
    },
    changeVisibility(name, receiptHandle, seconds) {
      const queue = queueNamed(name);
      if (!isWhole(seconds, maxVisibilitySeconds))
        throw new SqsError('InvalidParameterValue', `visibility ${seconds} s; 0 to 43200`);
      const message = held(name, receiptHandle);
      if (message === undefined) return;
      if (!message.inFlight) throw new SqsError('MessageNotInflight', `${message.id} is not in flight`);
      const until = now() + seconds * 1000;
      if (until > message.firstReceivedAt + maxVisibilitySeconds * 1000)
        throw new SqsError(
          'InvalidParameterValue',
          'total visibility is beyond 43200 s from the first receive',
        );
      hide(queue, message, until);
    },
    visible: (name) => queueNamed(name).ready.length,
    nextAt(name) {
      const { ready, hidden } = queueNamed(name);
      if (ready.length > 0) return now();
      while (hidden[0] !== undefined && hidden[0].turn !== hidden[0].message.turn) popHeap(hidden, sooner);
      return hidden[0]?.at;
    },
    inFlight: (name) => queueNamed(name).inFlight,
    all() {
      expire();
      return [...messages.values()];
    },
    changes: () => changes,
  };
}

function isWhole(seconds: number, most: number): boolean {
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= most;
}

function seenAs({ id, queue, body, group, sentAt, firstReceivedAt, receives }: Message): SqsMessage {
  return {
    messageId: id,
    receiptHandle: `${queue}/${id}/${receives}`,
    body,
    ...(group === undefined ? {} : { group }),
    sentAt,
    firstReceivedAt,
    receiveCount: receives,
  };
}

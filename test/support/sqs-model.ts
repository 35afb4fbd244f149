/** The shapes of SQS in memory (`memory-sqs.ts`): its calls, its queues, its moods, its errors. */
export interface MemorySqs {
  /** SendMessageBatch. Each entry's message id, or why it was refused. The call throws as a whole for a bad batch. */
  send(queue: string, entries: readonly SqsEntry[]): (SqsSent | SqsRefusal)[];
  /**
   * ReceiveMessage. Short polling throws `OverLimit` at the limit of messages in flight, long polling gets nothing.
   * @param visibilitySeconds instead of the queue's own
   */
  receive(queue: string, most: number, poll?: 'short' | 'long', visibilitySeconds?: number): SqsMessage[];
  /** DeleteMessage: succeeds with an old handle too, and then as a rule deletes nothing. */
  remove(queue: string, receiptHandle: string): void;
  /** ChangeMessageVisibility, `seconds` from now. */
  changeVisibility(queue: string, receiptHandle: string, seconds: number): void;
  /** How many messages can be received at once. */
  visible(queue: string): number;
  /** When the next message can be received: now, or the time it shows; undefined while there is none. */
  nextAt(queue: string): number | undefined;
  /** Received, not deleted, not to be seen yet. */
  inFlight(queue: string): number;
  /** All messages, in the order in which they were sent. */
  all(): { queue: string; body: string; visibleAt: number }[];
  /** How often a message came, went or moved. */
  changes(): number;
}

export interface SqsEntry {
  body: string;
  group?: string;
  delaySeconds?: number;
}

export interface SqsSent {
  messageId: string;
}

export interface SqsRefusal {
  code: string;
}

export interface SqsMessage {
  messageId: string;
  /** Another one for every receive. */
  receiptHandle: string;
  body: string;
  group?: string;
  sentAt: number;
  firstReceivedAt: number;
  receiveCount: number;
}

export interface SqsQueue {
  visibilitySeconds: number;
  redrive?: { deadLetterQueue: string; maxReceiveCount: number };
  retentionSeconds?: number;
  inFlightLimit?: number;
}

/** What SQS may do and seldom does. Without them messages come in order, each once, and every call succeeds. */
export interface SqsMoods {
  /** Which of the visible messages is received, 0 ≤ n < 1. */
  random?: () => number;
  /** Does a receive leave the message to be seen again before its visibility is over (at least once). */
  seenTwice?: () => boolean;
  /** Does a handle of an earlier receive still work. */
  oldHandleWorks?: () => boolean;
  /** Is this entry of a batch refused. */
  entryRefused?: () => boolean;
}

/** Error codes as SQS has them. */
export class SqsError extends Error {
  constructor(code: string, message: string) {
    super(message);
    this.name = code;
  }
}

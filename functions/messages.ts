import type { SQSRecord } from 'aws-lambda';
import { type Change, type JobStore, leftBy } from '../core/change.ts';
import { type ClaimMessage, hideAfterFault } from '../core/claim.ts';
import { decodePointer, type Pointer } from '../core/pointer.ts';
import type { JobRecord } from '../core/table.ts';

/** A received message that is a pointer. */
export interface Received extends ClaimMessage {
  pointer: Pointer;
  receiptHandle: string;
  queueUrl: string;
}

/** A received message that is no pointer: something else was put into the lane. */
export interface Unreadable {
  messageId: string;
  body: string;
}

/**
 * Sorts what SQS handed over.
 * @param urlOf the URL of the lane that an event source ARN names
 */
export function readMessages(
  records: readonly SQSRecord[],
  urlOf: (arn: string) => { url: string; quarantine: boolean },
): { received: Received[]; unreadable: Unreadable[] } {
  const received: Received[] = [];
  const unreadable: Unreadable[] = [];
  for (const record of records) {
    const pointer = decodePointer(record.body);
    if (pointer === undefined) {
      unreadable.push({ messageId: record.messageId, body: record.body });
      continue;
    }
    const { url, quarantine } = urlOf(record.eventSourceARN);
    received.push({
      pointer,
      messageId: record.messageId,
      receiptHandle: record.receiptHandle,
      queueUrl: url,
      quarantine,
      sentAt: Number(record.attributes.SentTimestamp),
      receiveCount: Number(record.attributes.ApproximateReceiveCount),
    });
  }
  return { received, unreadable };
}

/** What becomes of a message: acknowledged, or left in its lane and hidden for a while (or its lane's visibility). */
export type Fate = { acknowledged: true } | { acknowledged: false; hideSeconds?: number };

export const acknowledged: Fate = { acknowledged: true };
export const comesBack = (hideSeconds?: number): Fate => ({
  acknowledged: false,
  ...(hideSeconds === undefined ? {} : { hideSeconds }),
});

/** AWS would not let this message be dealt with: longer and longer, because each receive counts towards the dead letters. */
export const afterFault = ({ receiveCount }: Pick<ClaimMessage, 'receiveCount'>): Fate =>
  comesBack(hideAfterFault(receiveCount));

/** What was decided for no longer holds: look again soon. */
export const afterChange: Fate = comesBack(1);

/** Writes what was decided for a message: the record as that left it, or what becomes of the message if it did not stand. */
export async function writeFor(
  store: Pick<JobStore, 'change'>,
  message: Received,
  change: Change,
): Promise<{ record: JobRecord } | { record: undefined; fate: Fate }> {
  const [result] = await store.change([change]);
  const record = result && leftBy(change, result);
  if (record !== undefined) return { record };
  const isThrottled = result === undefined || 'retry' in result;
  return { record: undefined, fate: isThrottled ? afterFault(message) : afterChange };
}
